-- Certificates that AWS keeps, with their keys. The certificate itself is not in the list; its public part can be handed over as
-- PEM.
insert into secrets (
  secret_id, store, name, scope, kind, created_at, created_at_state, last_changed_at, last_changed_at_state, last_rotated_at,
  last_rotated_at_state, rotation_enabled, expires_at, expires_at_state, last_used_at_state, deleted_at_state, artifact, record
)
select
  arn as secret_id,
  'aws-acm' as store,
  name,
  split_part(arn, ':', 5) as scope,
  'certificate' as kind,
  coalesce(created_at, imported_at) as created_at,
  case when coalesce(created_at, imported_at) is not null then 'known' else 'unknown' end as created_at_state,
  issued_at as last_changed_at,
  issued_at_state as last_changed_at_state,
  issued_at as last_rotated_at,
  issued_at_state as last_rotated_at_state,
  coalesce(type = 'AMAZON_ISSUED', false) as rotation_enabled,
  expires_at,
  expires_at_state,
  'unknown' as last_used_at_state,
  'none' as deleted_at_state,
  artifact,
  record
from certificates;
