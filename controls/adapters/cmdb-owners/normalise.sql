-- Rows of the CMDB. They name an identity by platform, scope and name; whether that is a user or a role they do not say.
insert into register (
  register_id, identity_ref, platform, scope, name, owner, owner_status, purpose, service, criticality,
  expires_at_state, last_reviewed_at, last_reviewed_at_state, owner_left_at, owner_left_at_state, artifact, record
)
with
named as (
  select
    *,
    concat_ws(' ', lower(place), identity) as base_id
  from entries
),

-- The day on which the owner left stands beside the word, in the calendar of the CMDB; its midnight is taken in UTC.
numbered as (
  select
    *,
    try_cast(
      nullif(regexp_replace(owner_status, '^(?:[Ll]eft +([0-9]{2})\.([0-9]{2})\.([0-9]{4})|.*)$', '\3-\2-\1'), '--') as timestamp(6)
    ) as owner_left_at,
    row_number() over (partition by base_id order by record) as number
  from named
)

select
  case when number = 1 then base_id else concat(base_id, ' (', number, ')') end as register_id,
  case
    -- An ARN is compared without the path of the user or role.
    when regexp_like(identity, '^arn:[a-z-]+:iam::[0-9]{12}:(user|role)/.')
    then regexp_replace(identity, '^(arn:[a-z-]+:iam::[0-9]{12}:(?:user|role)/)(?:.*/)?([^/]+)$', '\1\2')
    when regexp_like(identity, '^arn:[a-z-]+:iam::[0-9]{12}:root$') then identity
    when regexp_like(identity, '^k8s:[^:]+:[^:/]+/[^:/]+$') then identity
  end as identity_ref,
  nullif(lower(split_part(place, ' ', 1)), '') as platform,
  nullif(lower(trim(regexp_replace(place, '^[^ ]+', ''))), '') as scope,
  identity as name,
  owner,
  case
    -- A status without an owner is nobody's.
    when owner is null then 'unknown'
    when lower(owner_status) = 'active' then 'active'
    when regexp_like(lower(owner_status), '^left( |$)') then 'left'
    else 'unknown'
  end as owner_status,
  purpose,
  service,
  criticality,
  'unknown' as expires_at_state,
  last_reviewed_at,
  last_reviewed_at_state,
  owner_left_at,
  case
    when owner_left_at is not null then 'known'
    when lower(owner_status) = 'active' then 'none'
    else 'unknown'
  end as owner_left_at_state,
  artifact,
  record
from numbered;
