-- One row for each control and resource.
insert into posture (
  result_id, tool, rule, status, resource, message, seen_at, seen_at_state, artifact, record
)
select
  concat_ws(' ', rule, resource) as result_id,
  'kubescape' as tool,
  rule,
  case status when 'failed' then 'fail' when 'passed' then 'pass' when 'skipped' then 'unknown' else 'unknown' end as status,
  resource,
  name as message,
  $collected_at as seen_at,
  case when $collected_at is not null then 'known' else 'unknown' end as seen_at_state,
  artifact,
  record
from results;
