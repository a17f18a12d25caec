-- Secret ids of AppRole. A date of year one means that it does not end.
insert into credentials (
  credential_id, identity_id, identity_name, kind, native_id, status, created_at, created_at_state, last_rotated_at,
  last_rotated_at_state, expires_at, expires_at_state, last_used_at_state, artifact, record
)
select
  accessor as credential_id,
  case when role is not null then concat('vault:', coalesce($instance, 'unstated'), ':approle/', role) end as identity_id,
  role as identity_name,
  'secret' as kind,
  accessor as native_id,
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
from ids;
