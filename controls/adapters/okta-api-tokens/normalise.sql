-- Tokens of the management interface. They end some time after the last use: each use moves the end.
insert into credentials (
  credential_id, identity_id, identity_name, kind, native_id, status, created_at, created_at_state, last_rotated_at,
  last_rotated_at_state, expires_at, expires_at_state, last_used_at_state, artifact, record
)
select
  id as credential_id,
  concat('okta:', coalesce($instance, 'unstated'), ':user/', user_id) as identity_id,
  name as identity_name,
  'token' as kind,
  id as native_id,
  'active' as status,
  created_at,
  created_at_state,
  created_at as last_rotated_at,
  created_at_state as last_rotated_at_state,
  expires_at,
  expires_at_state,
  'unknown' as last_used_at_state,
  artifact,
  record
from tokens;
