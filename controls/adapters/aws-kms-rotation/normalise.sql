-- Whether AWS replaces the material of a key by itself. Old releases of the command line do not name the key in the answer.
insert into secrets (
  secret_id, store, name, scope, kind, created_at_state, last_changed_at_state, last_rotated_at_state, rotation_enabled,
  rotation_days, expires_at_state, last_used_at_state, deleted_at_state, artifact, record
)
select
  coalesce(id, record) as secret_id,
  'aws-kms' as store,
  coalesce(id, 'unstated') as name,
  $instance as scope,
  'key' as kind,
  'unknown' as created_at_state,
  'unknown' as last_changed_at_state,
  'unknown' as last_rotated_at_state,
  enabled as rotation_enabled,
  days as rotation_days,
  'none' as expires_at_state,
  'unknown' as last_used_at_state,
  'none' as deleted_at_state,
  artifact,
  record
from keys;
