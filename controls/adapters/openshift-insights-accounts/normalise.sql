-- Names of service accounts, and nothing else about them.
insert into identities (
  identity_id, platform, scope, native_id, name, kind, created_at_state, last_activity_at_state, artifact, record
)
select
  concat('k8s:', coalesce($instance, 'unstated'), ':', namespace, '/', name) as identity_id,
  'kubernetes' as platform,
  coalesce($instance, 'unstated') as scope,
  concat('system:serviceaccount:', namespace, ':', name) as native_id,
  concat(namespace, '/', name) as name,
  'service-account' as kind,
  'unknown' as created_at_state,
  'unknown' as last_activity_at_state,
  artifact,
  record
from accounts;
