-- One row for each check and resource. A passed check is a result as well, and never hides a failed one.
insert into posture (
  result_id, tool, rule, severity, status, resource, identity_id, scope, message, seen_at, seen_at_state, artifact, record
)
select
  id as result_id,
  'prowler' as tool,
  check as rule,
  severity,
  case when lower(muted) = 'true' then 'muted' else lower(status) end as status,
  resource,
  case when resource like 'arn:%:iam::%:%/%' then regexp_replace(resource, '^(arn:[a-z-]+:iam::[0-9]{12}:(?:user|role)/)(?:.*/)?([^/]+)$', '\1\2') end as identity_id,
  account as scope,
  message,
  seen_at,
  seen_at_state,
  artifact,
  record
from results;
