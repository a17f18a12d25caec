-- The register of machine identities: one row for each, from what all sources and the organisation's own register say.
with recursive
-- Everything that an identity holds grants as: itself, its groups, and the groups that those belong to.
holders as (
  select identity_id, identity_id as holder, scope
  from machine_identities
  union
  select holders.identity_id, memberships.group_id as holder, holders.scope
  from holders
  inner join memberships
    on memberships.identity_id = holders.holder
),

grants as (
  select
    holders.identity_id,
    -- Of a distinguished name its first part tells enough, and the identity's own account need not be said again.
    concat(
      regexp_replace(entitlements.policy, '^(cn|CN)=([^,]+),.*$', '\2'),
      case when holders.holder <> holders.identity_id then concat(' through ', holders.holder) else '' end,
      case when lower(entitlements.scope) is distinct from lower(holders.scope) then coalesce(' on ' || entitlements.scope, '') else '' end,
      case when bool_or(entitlements.admin) then ' (administrative)' when bool_or(entitlements.wildcard) then ' (wildcard)' else '' end
    ) as shown,
    bool_or(entitlements.admin) as admin,
    bool_or(entitlements.wildcard) as wildcard
  from holders
  inner join entitlements
    on entitlements.identity_id = holders.holder
  where entitlements.effect = 'allow'
  group by holders.identity_id, holders.holder, holders.scope, entitlements.policy, entitlements.scope
),

-- The three gravest stand for the rest.
ranked as (
  select
    *,
    row_number() over (partition by identity_id order by admin desc, wildcard desc, shown) as place,
    count(*) over (partition by identity_id) as grants_count
  from grants
),

granted as (
  select
    identity_id,
    bool_or(admin) as admin,
    concat(
      max(grants_count),
      case when max(grants_count) = 1 then ' grant: ' else ' grants: ' end,
      string_agg(case when place <= 3 then shown end, '; ' order by place),
      case when max(grants_count) > 3 then concat('; and ', max(grants_count) - 3, ' more') else '' end
    ) as shown
  from ranked
  group by identity_id
),

by_kind as (
  select
    identity_id,
    kind,
    count(*) as total,
    count(*) filter (where status = 'active') as active
  from machine_credentials
  where identity_id is not null
  group by identity_id, kind
),

held as (
  select
    identity_id,
    string_agg(concat(replace(kind, '-', ' '), ': ', total, case when active = total then '' else concat(' (', active, ' active)') end), '; ' order by kind) as shown
  from by_kind
  group by identity_id
),

used as (
  select
    identity_id,
    max(last_used_at) as last_used_at,
    bool_or(last_used_at_state = 'none') as never,
    min(expires_at) filter (where status = 'active') as ends_at,
    bool_or(status = 'active') as active,
    bool_and(expires_at_state = 'none') filter (where status = 'active') as endless
  from machine_credentials
  where identity_id is not null
  group by identity_id
),

owned as (
  select
    ownerships.identity_id,
    ownerships.owner_ref
  from ownerships
  where ownerships.identity_id is not null
    and trim(ownerships.owner_ref) <> ''
  qualify row_number() over (partition by ownerships.identity_id order by ownerships.artifact, ownerships.record, ownerships.owner_ref) = 1
)

select
  machine_identities.identity_id,
  machine_identities.name,
  machine_identities.platform,
  machine_identities.scope,
  machine_identities.kind,
  machine_identities.class,
  machine_identities.tier,
  coalesce(
    machine_identities.register_owner,
    case when lower(machine_identities.source_owner) not in ('', '-', '?', 'n/a', 'na', 'none', 'nobody', 'null', 'tbd', 'unknown') then machine_identities.source_owner end,
    case when lower(trim(owned.owner_ref)) not in ('', '-', '?', 'n/a', 'na', 'none', 'nobody', 'null', 'tbd', 'unknown') then trim(owned.owner_ref) end
  ) as owner,
  machine_identities.register_owner_status as owner_status,
  coalesce(
    machine_identities.register_purpose,
    case when lower(machine_identities.source_purpose) not in ('', '-', '?', 'n/a', 'na', 'none', 'null', 'tbd', 'unknown') then machine_identities.source_purpose end
  ) as purpose,
  machine_identities.register_service as service,
  machine_identities.environment,
  case when machine_identities.enabled then 'enabled' when not machine_identities.enabled then 'disabled' else 'unknown' end as status,
  machine_identities.created_at,
  least(machine_identities.register_expires_at, used.ends_at) as expires_at,
  case
    when least(machine_identities.register_expires_at, used.ends_at) is null and coalesce(used.endless, false) then 'its credentials never end'
    when least(machine_identities.register_expires_at, used.ends_at) is null and coalesce(used.active, false) then 'no source says'
    when least(machine_identities.register_expires_at, used.ends_at) is null then 'nothing of it ends'
    when used.ends_at is null or machine_identities.register_expires_at <= used.ends_at then 'of the entry in the register'
    else 'of its first credential to end'
  end as expiry,
  greatest(machine_identities.last_activity_at, used.last_used_at) as last_used_at,
  case
    when greatest(machine_identities.last_activity_at, used.last_used_at) is not null then 'known'
    when machine_identities.last_activity_at_state = 'none' or coalesce(used.never, false) then 'never'
    else 'unknown'
  end as last_use,
  coalesce(held.shown, 'none shown') as credentials,
  coalesce(granted.shown, 'none shown') as entitlements,
  coalesce(granted.admin, false) as admin,
  case
    when machine_identities.provider_managed then 'The platform takes it away with the service that it belongs to.'
    when machine_identities.platform = 'aws' and machine_identities.kind = 'role'
      then 'AWS IAM: remove the trust policy''s principals and revoke older sessions, then delete the role.'
    when machine_identities.platform = 'aws' then 'AWS IAM: deactivate its access keys, detach its policies, then delete the user.'
    when machine_identities.platform = 'kubernetes' then 'Kubernetes: delete its bindings, then the service account; its tokens end with it.'
    when machine_identities.platform = 'ad' then 'Active Directory: disable the account and reset its password, then delete it.'
    when machine_identities.platform = 'gcp' then 'Google Cloud IAM: disable the service account and delete its keys, then remove its bindings.'
    when machine_identities.platform = 'entra' then 'Microsoft Entra ID: remove its secrets and certificates, then disable or delete the application.'
    when machine_identities.platform = 'github' then 'GitHub: revoke the token or key, or uninstall the app.'
    when machine_identities.platform = 'gitlab' then 'GitLab: revoke the token.'
    when machine_identities.platform = 'okta' then 'Okta: revoke the token, or deactivate the application.'
    when machine_identities.platform = 'vault' then 'Vault: revoke by accessor, then remove the role.'
    when machine_identities.platform = 'spiffe' or machine_identities.platform = 'spire' then 'SPIRE: delete the registration entry.'
    else concat('Not known for ', machine_identities.platform, '; ask its owner.')
  end as revocation,
  machine_identities.in_register,
  machine_identities.artifact,
  machine_identities.record,
  machine_identities.register_artifact,
  machine_identities.register_record
from machine_identities
left join granted
  on granted.identity_id = machine_identities.identity_id
left join held
  on held.identity_id = machine_identities.identity_id
left join used
  on used.identity_id = machine_identities.identity_id
left join owned
  on owned.identity_id = machine_identities.identity_id
