-- An installed app acts as a bot of its own in the organisation.
insert into identities (
  identity_id, platform, scope, native_id, name, kind, created_at, created_at_state, enabled, last_activity_at_state, artifact,
  record
)
select
  concat('github:', coalesce(org, $instance, 'unstated'), ':', slug, '[bot]') as identity_id,
  'github' as platform,
  coalesce(org, $instance, 'unstated') as scope,
  id as native_id,
  slug as name,
  'app' as kind,
  created_at,
  created_at_state,
  suspended_at is null as enabled,
  'unknown' as last_activity_at_state,
  artifact,
  record
from apps;

-- One grant for each permission of the app.
insert into entitlements (
  entitlement_id, identity_id, identity_name, via, policy, actions, resources, effect, scope, admin, admin_reason, wildcard,
  artifact, record
)
select
  concat_ws(' ', slug, name, level) as entitlement_id,
  concat('github:', coalesce(org, $instance, 'unstated'), ':', slug, '[bot]') as identity_id,
  slug as identity_name,
  'direct' as via,
  concat(name, ': ', level) as policy,
  concat(name, ':', level) as actions,
  case when selection = 'all' then 'all repositories' else 'selected repositories' end as resources,
  'allow' as effect,
  coalesce(org, $instance, 'unstated') as scope,
  name in ('administration', 'organization_administration') and level in ('write', 'admin') as admin,
  case when name in ('administration', 'organization_administration') and level in ('write', 'admin') then concat(name, ' with ', level, ' allows to change settings and members') end as admin_reason,
  false as wildcard,
  artifact,
  record
from permissions;
