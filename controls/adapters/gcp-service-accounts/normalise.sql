-- Service accounts of one project. The API tells neither when an account was created nor when it was last used.
insert into identities (
  identity_id, platform, scope, native_id, name, kind, created_at_state, enabled, last_activity_at_state, purpose, artifact, record
)
select
  concat('gcp:', email) as identity_id,
  'gcp' as platform,
  project as scope,
  unique_id as native_id,
  email as name,
  'service-account' as kind,
  'unknown' as created_at_state,
  not coalesce(disabled, false) as enabled,
  'unknown' as last_activity_at_state,
  -- A display name repeats the name in most projects; a description is written to be read.
  nullif(trim(description), '') as purpose,
  artifact,
  record
from accounts;
