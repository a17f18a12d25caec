-- Service principals, without those that Microsoft itself puts into every tenant. An app and its principal are one identity: both carry
-- the id of the app.
insert into identities (
  identity_id, platform, scope, native_id, name, kind, created_at, created_at_state, enabled, last_activity_at_state, purpose, publisher,
  artifact, record
)
select
  concat('entra:', app_id) as identity_id,
  'entra' as platform,
  $instance as scope,
  object_id as native_id,
  name,
  'service-principal' as kind,
  created_at,
  created_at_state,
  enabled as enabled,
  -- Sign-ins stand in another report.
  'unknown' as last_activity_at_state,
  nullif(trim(notes), '') as purpose,
  owner_tenant as publisher,
  artifact,
  record
from apps where coalesce(owner_tenant, '') <> 'f8cdef31-a31e-4b4a-93e4-5f571e91255a';

-- Client secrets and certificates. They cannot be changed, only replaced by others with another id.
insert into credentials (
  credential_id, identity_id, identity_name, kind, native_id, status, created_at, created_at_state,
  last_rotated_at, last_rotated_at_state, expires_at, expires_at_state, last_used_at_state, artifact, record
)
with
held as (
  select 'client-secret' as kind, app_id, name, key_id, created_at, created_at_state, expires_at, expires_at_state, artifact, record from passwords
  union all
  select 'signing-certificate' as kind, app_id, name, key_id, created_at, created_at_state, expires_at, expires_at_state, artifact, record
  from certificates
)

select
  key_id as credential_id,
  concat('entra:', app_id) as identity_id,
  name as identity_name,
  kind,
  key_id as native_id,
  case when expires_at < $collected_at then 'expired' else 'active' end as status,
  created_at,
  created_at_state,
  created_at as last_rotated_at,
  created_at_state as last_rotated_at_state,
  expires_at,
  expires_at_state,
  'unknown' as last_used_at_state,
  artifact,
  record
from held;
