-- Runs of pipelines, with the person or app that set them off.
insert into events (
  event_id, at, identity_id, actor, actor_kind, action, target, outcome, interactive, on_behalf_of, log, platform, scope,
  artifact, record
)
select
  concat(repository, '/', id) as event_id,
  at,
  concat('github:', repository, ':workflow/', path) as identity_id,
  coalesce(path, name, 'unstated') as actor,
  'machine' as actor_kind,
  concat('run:', event) as action,
  concat_ws('@', repository, branch) as target,
  case conclusion when 'success' then 'success' when 'failure' then 'failure' else 'unknown' end as outcome,
  false as interactive,
  coalesce(triggered_by, actor) as on_behalf_of,
  'github-actions' as log,
  'github' as platform,
  repository as scope,
  artifact,
  record
from runs;
