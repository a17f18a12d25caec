-- Decisions whose result is true or false, or an object with allow. What the input means is each organisation's own: the usual names
-- are tried in a stated order.
insert into decisions (
  decision_id, at, principal, resource, action, effect, policy, engine, artifact, record
)
select
  id as decision_id,
  at,
  coalesce(principal, subject, user, requested_by, 'unstated') as principal,
  resource,
  coalesce(action, method, path, query, 'unstated') as action,
  case
    when result = 'true' or result like '%"allow":true%' then 'allow'
    when result = 'false' or result like '%"allow":false%' then 'deny'
    else 'undefined'
  end as effect,
  coalesce(path, query) as policy,
  'opa' as engine,
  artifact,
  record
from decisions;
