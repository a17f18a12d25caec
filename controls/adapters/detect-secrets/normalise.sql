-- Findings of a baseline. What an audit marked as no secret is dismissed; everything else is open.
insert into findings (
  finding_id, tool, rule, file, line, seen_at, seen_at_state, status, artifact, record
)
with
named as (
  select
    *,
    concat_ws(':', file, rule, line) as base_id
  from secrets_found
),

-- One rule may find several secrets on one line.
numbered as (
  select
    *,
    row_number() over (partition by base_id order by record) as place
  from named
)

select
  case when place = 1 then base_id else concat(base_id, ' (', place, ')') end as finding_id,
  'detect-secrets' as tool,
  rule,
  file,
  line,
  generated_at as seen_at,
  generated_at_state as seen_at_state,
  case when is_secret = false then 'dismissed' else 'open' end as status,
  artifact,
  record
from numbered;
