-- Secrets of pipelines by name. An update is the only sign of a replacement, and does not show that the value is another one.
insert into secrets (
  secret_id, store, name, scope, kind, created_at, created_at_state, last_changed_at, last_changed_at_state, last_rotated_at,
  last_rotated_at_state, rotation_enabled, expires_at_state, last_used_at_state, deleted_at_state, artifact, record
)
select
  concat(coalesce($instance, 'unstated'), ':', name) as secret_id,
  'github-actions' as store,
  name,
  coalesce($instance, 'unstated') as scope,
  visibility as kind,
  created_at,
  created_at_state,
  updated_at as last_changed_at,
  updated_at_state as last_changed_at_state,
  updated_at as last_rotated_at,
  updated_at_state as last_rotated_at_state,
  false as rotation_enabled,
  'none' as expires_at_state,
  'unknown' as last_used_at_state,
  'none' as deleted_at_state,
  artifact,
  record
from secrets;
