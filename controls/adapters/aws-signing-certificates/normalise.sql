-- Certificates by which old interfaces are called. When they end stands in the certificate itself.
insert into credentials (
  credential_id, identity_id, identity_name, kind, native_id, status, created_at, created_at_state, last_rotated_at,
  last_rotated_at_state, expires_at_state, last_used_at_state, artifact, record
)
select
  id as credential_id,
  case when $instance is not null then concat('arn:aws:iam::', $instance, ':user/', user_name) end as identity_id,
  user_name as identity_name,
  'signing-certificate' as kind,
  id as native_id,
  lower(status) as status,
  uploaded_at as created_at,
  uploaded_at_state as created_at_state,
  uploaded_at as last_rotated_at,
  uploaded_at_state as last_rotated_at_state,
  'unknown' as expires_at_state,
  'unknown' as last_used_at_state,
  artifact,
  record
from certificates;
