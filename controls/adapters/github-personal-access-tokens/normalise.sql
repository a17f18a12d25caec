-- Tokens that the organisation let in. The day of the grant stands for the day of creation.
insert into credentials (
  credential_id, identity_id, identity_name, kind, native_id, status, created_at, created_at_state, last_rotated_at,
  last_rotated_at_state, expires_at, expires_at_state, last_used_at, last_used_at_state, artifact, record
)
select
  id as credential_id,
  concat('github:user/', owner) as identity_id,
  owner as identity_name,
  'token' as kind,
  id as native_id,
  case when expired then 'expired' else 'active' end as status,
  granted_at as created_at,
  granted_at_state as created_at_state,
  granted_at as last_rotated_at,
  granted_at_state as last_rotated_at_state,
  expires_at,
  expires_at_state,
  used_at as last_used_at,
  used_at_state as last_used_at_state,
  artifact,
  record
from tokens;
