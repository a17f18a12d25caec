-- Events of an organisation. Only what came by a token, a key or an app is known to be a machine; the log does not tell of failures.
insert into events (
  event_id, at, identity_id, actor, actor_kind, credential_native_id, action, target, outcome, address, interactive, on_behalf_of,
  log, platform, scope, artifact, record
)
select
  coalesce(id, concat_ws(' ', at, action, actor, record)) as event_id,
  at,
  case when is_bot or actor like '%[bot]' then concat('github:', coalesce(org, $instance, 'unstated'), ':', actor) end as identity_id,
  coalesce(nullif(actor, ''), 'unstated') as actor,
  case when is_bot or actor like '%[bot]' then 'machine' when access_type is null then 'unknown' else 'machine' end as actor_kind,
  nullif(token, '') as credential_native_id,
  action,
  coalesce(nullif(repo, ''), org) as target,
  'success' as outcome,
  address,
  case when access_type is not null then false end as interactive,
  nullif(user, '') as on_behalf_of,
  'github-audit' as log,
  'github' as platform,
  coalesce(org, $instance, 'unstated') as scope,
  artifact,
  record
from events;
