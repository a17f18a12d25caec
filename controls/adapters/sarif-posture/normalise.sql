-- Results of scanners that look at configuration and code. A result about a secret counts as posture here and is no search for
-- secrets.
insert into posture (
  result_id, tool, rule, severity, status, resource, message, seen_at, seen_at_state, artifact, record
)
select
  concat_ws(':', rule, file, line, row_number() over (partition by rule, file, line order by record)) as result_id,
  lower(tool) as tool,
  rule,
  level as severity,
  case when suppressed is not null then 'muted' when kind = 'pass' then 'pass' else 'fail' end as status,
  concat_ws(':', coalesce(file, 'unstated'), line) as resource,
  message,
  $collected_at as seen_at,
  case when $collected_at is not null then 'known' else 'unknown' end as seen_at_state,
  artifact,
  record
from results;
