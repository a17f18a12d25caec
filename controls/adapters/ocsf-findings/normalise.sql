-- Findings of the classes 2001, 2003 and 2004. Their times are in seconds from some tools and in milliseconds from others, and are
-- not read: the export stands for them.
insert into posture (
  result_id, tool, rule, severity, status, resource, identity_id, scope, message, seen_at, seen_at_state, artifact, record
)
select
  id as result_id,
  lower(coalesce(tool, 'ocsf')) as tool,
  coalesce(check, title, 'unstated') as rule,
  severity,
  case
    when lower(status) = 'suppressed' then 'muted'
    when status_code in ('FAIL', 'PASS', 'MANUAL') then lower(status_code)
    when status_code is null then 'fail'
    else 'unknown'
  end as status,
  coalesce(resource, resource_name, 'unstated') as resource,
  case when resource like 'arn:%:iam::%:%/%' then regexp_replace(resource, '^(arn:[a-z-]+:iam::[0-9]{12}:(?:user|role)/)(?:.*/)?([^/]+)$', '\1\2') end as identity_id,
  account as scope,
  message,
  $collected_at as seen_at,
  case when $collected_at is not null then 'known' else 'unknown' end as seen_at_state,
  artifact,
  record
from results;
