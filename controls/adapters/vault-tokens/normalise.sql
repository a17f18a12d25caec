-- Tokens that are alive. One without an end is a root token or a periodic one.
insert into credentials (
  credential_id, identity_id, identity_name, kind, native_id, status, created_at, created_at_state, last_rotated_at,
  last_rotated_at_state, expires_at, expires_at_state, last_used_at_state, artifact, record
)
select
  accessor as credential_id,
  case when nullif(entity, '') is not null then concat('vault:', coalesce($instance, 'unstated'), ':entity/', entity) end as identity_id,
  display_name as identity_name,
  'token' as kind,
  accessor as native_id,
  'active' as status,
  created_at,
  created_at_state,
  created_at as last_rotated_at,
  created_at_state as last_rotated_at_state,
  expires_at,
  expires_at_state,
  'unknown' as last_used_at_state,
  artifact,
  record
from tokens;

-- What the policies allow is not in the answer; only root is known by its name.
insert into entitlements (
  entitlement_id, identity_id, identity_name, via, policy, actions, resources, effect, scope, admin, admin_reason, wildcard,
  artifact, record
)
select
  concat(accessor, ' policies') as entitlement_id,
  concat('vault:', coalesce($instance, 'unstated'), ':entity/', entity) as identity_id,
  display_name as identity_name,
  'token' as via,
  policies as policy,
  case when policies like '%"root"%' then '*' end as actions,
  case when policies like '%"root"%' then '*' end as resources,
  'allow' as effect,
  coalesce($instance, 'unstated') as scope,
  policies like '%"root"%' as admin,
  case when policies like '%"root"%' then 'the policy root allows everything' end as admin_reason,
  policies like '%"root"%' as wildcard,
  artifact,
  record
from tokens
where nullif(entity, '') is not null;
