-- Accounts of the vault, and whether it replaces their passwords by itself.
insert into secrets (
  secret_id, store, name, scope, kind, created_at_state, last_changed_at_state, last_rotated_at_state, rotation_enabled,
  expires_at_state, last_used_at_state, deleted_at_state, owner_ref, artifact, record
)
select
  concat_ws('/', safe, address, name) as secret_id,
  'cyberark' as store,
  concat_ws('@', name, address) as name,
  safe as scope,
  platform as kind,
  'unknown' as created_at_state,
  'unknown' as last_changed_at_state,
  'unknown' as last_rotated_at_state,
  coalesce(lower(managed) = 'yes', false) as rotation_enabled,
  'unknown' as expires_at_state,
  'unknown' as last_used_at_state,
  'none' as deleted_at_state,
  cast(null as varchar) as owner_ref,
  artifact,
  record
from accounts;
