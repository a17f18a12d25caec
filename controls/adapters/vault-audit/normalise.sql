-- Answers, one for each request. Token and accessor are keyed hashes of one audit device and can be compared within one device only.
insert into events (
  event_id, at, identity_id, actor, actor_kind, credential_native_id, action, target, outcome, address, interactive, log, platform,
  scope, artifact, record
)
select
  concat_ws(' ', at, id, path, operation) as event_id,
  at,
  case when entity is not null then concat('vault:', coalesce($instance, 'unstated'), ':entity/', entity) end as identity_id,
  coalesce(display_name, entity, 'unauthenticated') as actor,
  'unknown' as actor_kind,
  accessor as credential_native_id,
  concat_ws(' ', operation, path) as action,
  path as target,
  case when error is null then 'success' else 'failure' end as outcome,
  address,
  false as interactive,
  'vault-audit' as log,
  'vault' as platform,
  coalesce($instance, 'unstated') as scope,
  artifact,
  record
from events
where type = 'response';
