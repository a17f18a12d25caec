-- Every occurrence on its own. The tool masks what it prints; the rest is masked here.
insert into findings (
  finding_id, tool, rule, file, line, commit, seen_at, seen_at_state, status, artifact, record
)
select
  concat_ws(':', commit, file, rule, line, row_number() over (partition by commit, file, rule, line order by record)) as finding_id,
  'ggshield' as tool,
  rule,
  file,
  line,
  commit,
  $collected_at as seen_at,
  case when $collected_at is not null then 'known' else 'unknown' end as seen_at_state,
  'open' as status,
  artifact,
  record
from occurrences;
