-- Keys that people made. Keys of the type SYSTEM_MANAGED are made, kept and replaced by Google itself and never leave it.
insert into credentials (
  credential_id, identity_id, identity_name, kind, native_id, status, created_at, created_at_state,
  last_rotated_at, last_rotated_at_state, expires_at, expires_at_state, last_used_at_state, artifact, record
)
with
named as (
  select
    *,
    regexp_replace(name, '^.*/serviceAccounts/([^/]+)/keys/.*$', '\1') as email,
    regexp_replace(name, '^.*/keys/', '') as key_id
  from keys
  where key_type = 'USER_MANAGED'
)

select
  key_id as credential_id,
  concat('gcp:', email) as identity_id,
  email as identity_name,
  'access-key' as kind,
  key_id as native_id,
  case when coalesce(disabled, false) then 'inactive' else 'active' end as status,
  created_at,
  created_at_state,
  -- A key keeps its secret from its creation to its end.
  created_at as last_rotated_at,
  created_at_state as last_rotated_at_state,
  expires_at,
  expires_at_state,
  'unknown' as last_used_at_state,
  artifact,
  record
from named;
