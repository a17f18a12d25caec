-- Classic tokens and keys that may reach the organisation. The day of the authorisation stands for the day of creation.
insert into credentials (
  credential_id, identity_id, identity_name, kind, native_id, status, created_at, created_at_state, last_rotated_at,
  last_rotated_at_state, expires_at, expires_at_state, last_used_at, last_used_at_state, artifact, record
)
select
  id as credential_id,
  concat('github:user/', login) as identity_id,
  login as identity_name,
  case type when 'SSH key' then 'access-key' else 'token' end as kind,
  id as native_id,
  'active' as status,
  authorized_at as created_at,
  authorized_at_state as created_at_state,
  authorized_at as last_rotated_at,
  authorized_at_state as last_rotated_at_state,
  expires_at,
  expires_at_state,
  used_at as last_used_at,
  used_at_state as last_used_at_state,
  artifact,
  record
from credentials;
