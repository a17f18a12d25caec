-- Answered requests. A user who impersonates another acts as that one; the user behind it stays on the row. Earlier stages of the
-- same request are passed over.
insert into events (
  event_id, at, identity_id, actor, actor_kind, action, target, outcome, address, interactive, on_behalf_of, log,
  agent, platform, scope, artifact, record
)
with
told as (
  select *, coalesce(impersonated, username) as effective, coalesce(received_at, old_at) as at
  from events
  where stage = 'ResponseComplete' and event_id is not null and username is not null
)

select
  event_id,
  at,
  case
    when regexp_like(effective, '^system:serviceaccount:[^:]+:[^:]+$')
    then concat('k8s:', coalesce($instance, 'unstated'), ':', split_part(effective, ':', 3), '/', split_part(effective, ':', 4))
  end as identity_id,
  effective as actor,
  case when starts_with(effective, 'system:') then 'machine' else 'unknown' end as actor_kind,
  concat_ws(' ', verb, resource) as action,
  coalesce(concat_ws('/', namespace, resource, name), uri) as target,
  case when code is null then 'unknown' when code < 400 then 'success' else 'failure' end as outcome,
  address,
  case when starts_with(effective, 'system:') then false end as interactive,
  case when impersonated is not null then username end as on_behalf_of,
  'k8s-audit' as log,
  agent,
  'kubernetes' as platform,
  coalesce($instance, 'unstated') as scope,
  artifact,
  record
from told;
