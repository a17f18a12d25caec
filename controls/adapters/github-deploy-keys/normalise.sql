-- A deploy key is an identity of its own: it acts on one repository, and nobody else does so by it.
insert into identities (
  identity_id, platform, scope, native_id, name, kind, created_at, created_at_state, enabled, last_activity_at, last_activity_at_state,
  owner_ref, artifact, record
)
with
placed as (
  select *, coalesce(regexp_replace(url, '^https?://[^/]+/repos/([^/]+/[^/]+)/keys/.*$', '\1'), $instance, 'unstated') as repository
  from keys
)

select
  concat('github:', repository, ':deploy-key/', id) as identity_id,
  'github' as platform,
  repository as scope,
  id as native_id,
  title as name,
  'deploy-key' as kind,
  created_at,
  created_at_state,
  coalesce(enabled, true) as enabled,
  used_at as last_activity_at,
  case when used_at is null then 'none' else 'known' end as last_activity_at_state,
  added_by as owner_ref,
  artifact,
  record
from placed;

insert into credentials (
  credential_id, identity_id, identity_name, kind, native_id, status, created_at, created_at_state, last_rotated_at, last_rotated_at_state,
  expires_at_state, last_used_at, last_used_at_state, artifact, record
)
with
placed as (
  select *, coalesce(regexp_replace(url, '^https?://[^/]+/repos/([^/]+/[^/]+)/keys/.*$', '\1'), $instance, 'unstated') as repository
  from keys
)

select
  concat(repository, '/', id) as credential_id,
  concat('github:', repository, ':deploy-key/', id) as identity_id,
  title as identity_name,
  'access-key' as kind,
  id as native_id,
  case when coalesce(enabled, true) then 'active' else 'inactive' end as status,
  created_at,
  created_at_state,
  created_at as last_rotated_at,
  created_at_state as last_rotated_at_state,
  'none' as expires_at_state,
  used_at as last_used_at,
  case when used_at is null then 'none' else 'known' end as last_used_at_state,
  artifact,
  record
from placed;

-- A key that may write changes what is deployed.
insert into entitlements (
  entitlement_id, identity_id, identity_name, via, policy, actions, resources, effect, scope, admin, wildcard, artifact, record
)
with
placed as (
  select *, coalesce(regexp_replace(url, '^https?://[^/]+/repos/([^/]+/[^/]+)/keys/.*$', '\1'), $instance, 'unstated') as repository
  from keys
)

select
  concat(repository, '/', id) as entitlement_id,
  concat('github:', repository, ':deploy-key/', id) as identity_id,
  title as identity_name,
  'direct' as via,
  case when coalesce(read_only, false) then 'read' else 'read and write' end as policy,
  case when coalesce(read_only, false) then 'pull' else 'pull, push' end as actions,
  repository as resources,
  'allow' as effect,
  repository as scope,
  false as admin,
  false as wildcard,
  artifact,
  record
from placed;
