-- One row for each action of each resource that a call asked for. Old releases write inputs and outputs twice; each counts once.
insert into decisions (
  decision_id, at, principal, roles, resource_kind, resource, action, effect, policy, engine, artifact, record
)
with
told as (
  select
    coalesce(call_id, old_call_id) as call,
    coalesce(at, old_at) as happened,
    action, effect, policy, resource, artifact, record
  from actions
  qualify row_number() over (partition by coalesce(call_id, old_call_id), resource, action order by record) = 1
),

asked as (
  select coalesce(call_id, old_call_id) as call, max(principal) as principal, max(roles) as roles, max(kind) as kind, resource
  from inputs
  group by coalesce(call_id, old_call_id), resource
)

select
  concat_ws(' ', told.call, told.resource, told.action) as decision_id,
  told.happened as at,
  coalesce(asked.principal, 'unstated') as principal,
  asked.roles,
  asked.kind as resource_kind,
  told.resource,
  told.action,
  case told.effect when 'EFFECT_ALLOW' then 'allow' when 'EFFECT_DENY' then 'deny' else 'undefined' end as effect,
  told.policy,
  'cerbos' as engine,
  told.artifact,
  told.record
from told
left join asked
  on asked.call = told.call
  and asked.resource = told.resource;
