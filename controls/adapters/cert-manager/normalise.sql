-- Certificates as cert-manager keeps them. The list does not hold the certificate itself, so that key and serial are read from a
-- bundle.
insert into secrets (
  secret_id, store, name, scope, kind, created_at, created_at_state, last_changed_at, last_changed_at_state, last_rotated_at,
  last_rotated_at_state, rotation_enabled, expires_at, expires_at_state, last_used_at_state, deleted_at_state, artifact, record
)
select
  concat(coalesce($instance, 'unstated'), ':', namespace, '/', secret) as secret_id,
  'cert-manager' as store,
  concat(namespace, '/', name) as name,
  coalesce($instance, 'unstated') as scope,
  'certificate' as kind,
  created_at,
  created_at_state,
  issued_at as last_changed_at,
  issued_at_state as last_changed_at_state,
  issued_at as last_rotated_at,
  issued_at_state as last_rotated_at_state,
  renewal_at is not null as rotation_enabled,
  expires_at,
  expires_at_state,
  'unknown' as last_used_at_state,
  'none' as deleted_at_state,
  artifact,
  record
from listed;
