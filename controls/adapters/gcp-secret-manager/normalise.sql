-- The list tells of the secret and not of its versions: when the value was last replaced stays unknown. A rotation period sends a
-- reminder; it rotates nothing by itself.
insert into secrets (
  secret_id, store, name, scope, created_at, created_at_state, last_changed_at_state, last_rotated_at_state, rotation_enabled,
  rotation_days, expires_at, expires_at_state, last_used_at_state, deleted_at_state, owner_ref, artifact, record
)
select
  name as secret_id,
  'gcp-secret-manager' as store,
  split_part(name, '/', 4) as name,
  split_part(name, '/', 2) as scope,
  created_at,
  created_at_state,
  'unknown' as last_changed_at_state,
  'unknown' as last_rotated_at_state,
  false as rotation_enabled,
  try_cast(nullif(regexp_replace(rotation, '^([0-9]+)s$', '\1'), '') as bigint) / 86400 as rotation_days,
  expires_at,
  expires_at_state,
  'unknown' as last_used_at_state,
  'none' as deleted_at_state,
  owner as owner_ref,
  artifact,
  record
from secrets;
