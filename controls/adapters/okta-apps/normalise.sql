-- Applications that act on their own: those that may ask for a token with client credentials. Applications that people log in to are
-- no machine identities and give no row.
insert into identities (
  identity_id, platform, scope, native_id, name, kind, created_at, created_at_state, enabled, last_activity_at_state, artifact,
  record
)
select
  concat('okta:', coalesce($instance, 'unstated'), ':app/', coalesce(client, id)) as identity_id,
  'okta' as platform,
  coalesce($instance, 'unstated') as scope,
  id as native_id,
  name,
  'service-app' as kind,
  created_at,
  created_at_state,
  status = 'ACTIVE' as enabled,
  'unknown' as last_activity_at_state,
  artifact,
  record
from apps
where grant like '%"client_credentials"%';
