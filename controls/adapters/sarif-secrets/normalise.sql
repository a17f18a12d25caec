-- Findings in SARIF 2.1.0. A suppressed result was dismissed by a person or a rule.
insert into findings (
  finding_id, tool, rule, file, line, commit, author, seen_at, seen_at_state, status, artifact, record
)
with
read_results as (
  select
    tool,
    coalesce(rule, 'unnamed rule') as rule,
    file,
    line,
    start_column,
    coalesce(commit, old_commit) as commit,
    coalesce(author, old_author) as author,
    suppressed,
    artifact,
    record
  from results
),

numbered as (
  select
    *,
    concat_ws(':', commit, file, rule, line) as base_id,
    row_number() over (partition by commit, file, rule, line order by start_column, record) as place
  from read_results
)

select
  case when place = 1 then base_id else concat(base_id, ' (', place, ')') end as finding_id,
  lower(tool) as tool,
  rule,
  file,
  line,
  commit,
  author,
  $collected_at as seen_at,
  case when $collected_at is not null then 'known' else 'unknown' end as seen_at_state,
  case when suppressed is not null then 'dismissed' else 'open' end as status,
  artifact,
  record
from numbered;
