-- Unused roles, keys, passwords and permissions, and access from outside, one row for each finding.
insert into posture (
  result_id, tool, rule, status, resource, identity_id, scope, message, seen_at, seen_at_state, artifact, record
)
with
told as (
  select id, type, status, resource, account, at, at_state, artifact, record from findings
  union all
  select id, type, status, resource, account, at, at_state, artifact, record from single
)

select
  id as result_id,
  'access-analyzer' as tool,
  type as rule,
  case status when 'ACTIVE' then 'fail' when 'RESOLVED' then 'pass' when 'ARCHIVED' then 'muted' else 'unknown' end as status,
  resource,
  case when resource like 'arn:%:iam::%:%/%' then regexp_replace(resource, '^(arn:[a-z-]+:iam::[0-9]{12}:(?:user|role)/)(?:.*/)?([^/]+)$', '\1\2') end as identity_id,
  account as scope,
  concat(type, ' ', lower(status)) as message,
  at as seen_at,
  at_state as seen_at_state,
  artifact,
  record
from told;
