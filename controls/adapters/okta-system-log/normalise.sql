-- Events of the tenant. A browser shows a person; its absence shows nothing.
insert into events (
  event_id, at, identity_id, actor, actor_kind, action, target, outcome, address, interactive, log, platform, scope,
  artifact, record
)
select
  id as event_id,
  at,
  case when actor_id is not null then concat('okta:', coalesce($instance, 'unstated'), ':', case when actor_type = 'User' then 'user' else 'app' end, '/', actor_id) end as identity_id,
  coalesce(actor_name, actor_id, 'unstated') as actor,
  case when actor_type = 'User' then 'unknown' when actor_type in ('PublicClientApp', 'SystemPrincipal') then 'machine' else 'unknown' end as actor_kind,
  event as action,
  coalesce(target, target_name) as target,
  case when outcome in ('SUCCESS', 'ALLOW') then 'success' when outcome in ('FAILURE', 'DENY') then 'failure' else 'unknown' end as outcome,
  address,
  case when browser is not null and browser <> 'UNKNOWN' then true end as interactive,
  'okta' as log,
  'okta' as platform,
  coalesce($instance, 'unstated') as scope,
  artifact,
  record
from events;
