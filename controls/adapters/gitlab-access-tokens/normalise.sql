-- A token of a group or project acts as a bot user of its own.
insert into identities (
  identity_id, platform, scope, native_id, name, kind, created_at_state, last_activity_at_state, artifact, record
)
select
  concat('gitlab:', coalesce($instance, 'unstated'), ':user/', user_id) as identity_id,
  'gitlab' as platform,
  coalesce($instance, 'unstated') as scope,
  user_id as native_id,
  max(name) as name,
  'token-user' as kind,
  'unknown' as created_at_state,
  'unknown' as last_activity_at_state,
  max(artifact) as artifact,
  min(record) as record
from tokens
where level is not null
group by user_id;

-- Tokens with their end and last use.
insert into credentials (
  credential_id, identity_id, identity_name, kind, native_id, status, created_at, created_at_state, last_rotated_at,
  last_rotated_at_state, expires_at, expires_at_state, last_used_at, last_used_at_state, artifact, record
)
select
  concat(coalesce($instance, 'unstated'), ':', id) as credential_id,
  concat('gitlab:', coalesce($instance, 'unstated'), ':user/', user_id) as identity_id,
  name as identity_name,
  'token' as kind,
  id as native_id,
  case when revoked then 'revoked' when active then 'active' else 'inactive' end as status,
  created_at,
  created_at_state,
  created_at as last_rotated_at,
  created_at_state as last_rotated_at_state,
  expires_at,
  expires_at_state,
  used_at as last_used_at,
  used_at_state as last_used_at_state,
  artifact,
  record
from tokens;

-- The scope api allows everything that the user may do.
insert into entitlements (
  entitlement_id, identity_id, identity_name, via, policy, actions, resources, effect, scope, admin, admin_reason, wildcard,
  artifact, record
)
select
  concat(id, ' scopes') as entitlement_id,
  concat('gitlab:', coalesce($instance, 'unstated'), ':user/', user_id) as identity_id,
  name as identity_name,
  'token' as via,
  scopes as policy,
  scopes as actions,
  coalesce($instance, 'unstated') as resources,
  'allow' as effect,
  coalesce($instance, 'unstated') as scope,
  coalesce(level >= 50, false) or scopes like '%"sudo"%' or scopes like '%"admin_mode"%' as admin,
  case
    when level >= 50 then 'access level 50 is that of an owner'
    when scopes like '%"sudo"%' or scopes like '%"admin_mode"%' then 'the scope allows to act as an administrator'
  end as admin_reason,
  scopes like '%"api"%' as wildcard,
  artifact,
  record
from tokens;
