-- The last call of each key. The answer does not name the key, and a key that was never used gives no event.
insert into events (
  event_id, at, identity_id, actor, actor_kind, action, target, outcome, interactive, log, artifact, record
)
select
  concat_ws(' ', user_name, used_at, region, record) as event_id,
  used_at as at,
  case when $instance is not null then concat('arn:aws:iam::', $instance, ':user/', user_name) end as identity_id,
  user_name as actor,
  'unknown' as actor_kind,
  concat(service, ':last-use') as action,
  region as target,
  'unknown' as outcome,
  false as interactive,
  'access-key-last-used' as log,
  artifact,
  record
from uses
where used_at is not null;
