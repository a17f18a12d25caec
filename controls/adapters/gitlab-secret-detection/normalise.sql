-- Secrets that the pipeline found. Without history the report has no commit.
insert into findings (
  finding_id, tool, rule, file, line, commit, author, seen_at, seen_at_state, status, artifact, record
)
select
  id as finding_id,
  'gitlab-secret-detection' as tool,
  rule,
  file,
  line,
  commit,
  author,
  $collected_at as seen_at,
  case when $collected_at is not null then 'known' else 'unknown' end as seen_at_state,
  'open' as status,
  artifact,
  record
from findings;
