-- Certificates that were uploaded with their keys. Nobody renews them but the organisation.
insert into secrets (
  secret_id, store, name, scope, kind, created_at, created_at_state, last_changed_at, last_changed_at_state, last_rotated_at,
  last_rotated_at_state, rotation_enabled, expires_at, expires_at_state, last_used_at_state, deleted_at_state, artifact, record
)
select
  arn as secret_id,
  'aws-iam-server-certificate' as store,
  name,
  split_part(arn, ':', 5) as scope,
  'certificate' as kind,
  uploaded_at as created_at,
  uploaded_at_state as created_at_state,
  uploaded_at as last_changed_at,
  uploaded_at_state as last_changed_at_state,
  uploaded_at as last_rotated_at,
  uploaded_at_state as last_rotated_at_state,
  false as rotation_enabled,
  expires_at,
  expires_at_state,
  'unknown' as last_used_at_state,
  'none' as deleted_at_state,
  artifact,
  record
from certificates;
