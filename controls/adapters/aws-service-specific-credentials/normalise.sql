-- Names and passwords for single services, such as Git repositories and queues.
insert into credentials (
  credential_id, identity_id, identity_name, kind, native_id, status, created_at, created_at_state, last_rotated_at,
  last_rotated_at_state, expires_at_state, last_used_at_state, artifact, record
)
select
  id as credential_id,
  case when $instance is not null then concat('arn:aws:iam::', $instance, ':user/', user_name) end as identity_id,
  user_name as identity_name,
  'service-credential' as kind,
  id as native_id,
  lower(status) as status,
  created_at,
  created_at_state,
  created_at as last_rotated_at,
  created_at_state as last_rotated_at_state,
  'none' as expires_at_state,
  'unknown' as last_used_at_state,
  artifact,
  record
from credentials;
