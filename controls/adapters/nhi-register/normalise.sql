-- Rows of the register. An empty date stays unknown: only `never` says that there is none.
insert into register (
  register_id, identity_ref, platform, scope, name, owner, owner_status, purpose, service, class, criticality,
  expires_at, expires_at_state, approval_ticket, last_reviewed_at, last_reviewed_at_state, lifecycle,
  owner_left_at, owner_left_at_state, accountable, vendor, contract_owner,
  contract_ends_at, contract_ends_at_state, retired_at, retired_at_state, switch_off, artifact, record
)
with
named as (
  select
    *,
    concat_ws(' ', lower(platform), lower(scope), identity) as base_id
  from entries
),

numbered as (
  select
    *,
    row_number() over (partition by base_id order by record) as place
  from named
)

select
  case when place = 1 then base_id else concat(base_id, ' (', place, ')') end as register_id,
  case
    -- An ARN is compared without the path of the user or role.
    when regexp_like(identity, '^arn:[a-z-]+:iam::[0-9]{12}:(user|role)/.')
    then regexp_replace(identity, '^(arn:[a-z-]+:iam::[0-9]{12}:(?:user|role)/)(?:.*/)?([^/]+)$', '\1\2')
    when regexp_like(identity, '^arn:[a-z-]+:iam::[0-9]{12}:root$') then identity
    when regexp_like(identity, '^k8s:[^:]+:[^:/]+/[^:/]+$') then identity
  end as identity_ref,
  lower(platform) as platform,
  lower(scope) as scope,
  identity as name,
  owner,
  case
    when owner is null then 'unknown'
    when lower(owner_status) in ('active', 'left') then lower(owner_status)
    else 'unknown'
  end as owner_status,
  purpose,
  service,
  class,
  criticality,
  expires_at,
  expires_at_state,
  approval_ticket,
  last_reviewed_at,
  last_reviewed_at_state,
  case
    when lower(trim(lifecycle)) in ('active', 'in use', 'live') then 'active'
    when lower(trim(lifecycle)) in ('retired', 'decommissioned', 'disabled') then 'retired'
  end as lifecycle,
  owner_left_at,
  owner_left_at_state,
  accountable,
  vendor,
  contract_owner,
  contract_ends_at,
  contract_ends_at_state,
  retired_at,
  retired_at_state,
  switch_off,
  artifact,
  record
from numbered;
