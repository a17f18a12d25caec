-- One row for each policy and resource of GitHub or GitLab.
insert into posture (
  result_id, tool, rule, severity, status, resource, message, seen_at, seen_at_state, artifact, record
)
select
  concat_ws(' ', rule, resource, record) as result_id,
  'legitify' as tool,
  rule,
  severity,
  case status when 'FAILED' then 'fail' when 'PASSED' then 'pass' when 'SKIPPED' then 'unknown' else 'unknown' end as status,
  coalesce(resource, kind, 'unstated') as resource,
  message,
  $collected_at as seen_at,
  case when $collected_at is not null then 'known' else 'unknown' end as seen_at_state,
  artifact,
  record
from results;
