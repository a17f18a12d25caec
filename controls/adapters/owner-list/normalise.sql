-- One person or team a row. A day of leaving that is still to come leaves the status as it is.
insert into owners (
  owner_ref, name, email, team, status, left_at, left_at_state, deputy, artifact, record
)
select
  owner_ref,
  name,
  email,
  team,
  case
    when lower(trim(status)) in ('left', 'inactive', 'terminated', 'dissolved') then 'left'
    when lower(trim(status)) in ('active', 'employed') then 'active'
    else 'unknown'
  end as status,
  left_at,
  left_at_state,
  deputy,
  artifact,
  record
from entries;
