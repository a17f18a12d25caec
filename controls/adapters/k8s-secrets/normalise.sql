-- Secrets by name, type and age. Their values are masked before anything reads them.
insert into secrets (
  secret_id, store, name, scope, kind, identity_id, created_at, created_at_state, last_changed_at_state, last_rotated_at_state,
  rotation_enabled, expires_at_state, last_used_at_state, deleted_at_state, owner_ref, artifact, record
)
with
told as (
  select namespace, name, type, created_at, created_at_state, account, owner, artifact, record from listed
  union all
  select namespace, name, type, created_at, created_at_state, account, owner, artifact, record from single
)

select
  concat(coalesce($instance, 'unstated'), ':', namespace, '/', name) as secret_id,
  'kubernetes' as store,
  concat(namespace, '/', name) as name,
  coalesce($instance, 'unstated') as scope,
  type as kind,
  case when account is not null then concat('k8s:', coalesce($instance, 'unstated'), ':', namespace, '/', account) end as identity_id,
  created_at,
  created_at_state,
  'unknown' as last_changed_at_state,
  'unknown' as last_rotated_at_state,
  false as rotation_enabled,
  'none' as expires_at_state,
  'unknown' as last_used_at_state,
  'none' as deleted_at_state,
  owner as owner_ref,
  artifact,
  record
from told;

-- A token kept in a secret does not end by itself.
insert into credentials (
  credential_id, identity_id, identity_name, kind, native_id, status, created_at, created_at_state, last_rotated_at,
  last_rotated_at_state, expires_at_state, last_used_at_state, artifact, record
)
with
told as (
  select namespace, name, type, created_at, created_at_state, account, artifact, record from listed
  union all
  select namespace, name, type, created_at, created_at_state, account, artifact, record from single
)

select
  concat(coalesce($instance, 'unstated'), ':', namespace, '/', name) as credential_id,
  concat('k8s:', coalesce($instance, 'unstated'), ':', namespace, '/', account) as identity_id,
  concat(namespace, '/', account) as identity_name,
  'service-account-token' as kind,
  name as native_id,
  'active' as status,
  created_at,
  created_at_state,
  created_at as last_rotated_at,
  created_at_state as last_rotated_at_state,
  'none' as expires_at_state,
  'unknown' as last_used_at_state,
  artifact,
  record
from told
where type = 'kubernetes.io/service-account-token'
  and account is not null;
