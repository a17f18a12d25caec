-- Findings of gitleaks 7, which gives them no id of its own. A report lists what is open; dismissed findings are not in it.
insert into findings (
  finding_id, tool, rule, file, line, commit, author, seen_at, seen_at_state, status, credential_native_id, artifact, record
)
with
named as (
  select
    *,
    concat_ws(':', commit, file, rule, line_number) as base_id
  from leaks
),

numbered as (
  select
    *,
    row_number() over (partition by base_id order by record) as place
  from named
)

select
  case when place = 1 then base_id else concat(base_id, ' (', place, ')') end as finding_id,
  'gitleaks' as tool,
  rule,
  file,
  line_number as line,
  commit,
  author,
  -- Without a commit the scan itself is the first sight of it.
  coalesce(seen_at, $collected_at) as seen_at,
  case when coalesce(seen_at, $collected_at) is not null then 'known' else 'unknown' end as seen_at_state,
  'open' as status,
  nullif(regexp_replace(offender, '^(?:[^A-Za-z0-9]*((?:AKIA|ASIA)[0-9A-Z]{16})[^A-Za-z0-9]*|.*)$', '\1'), '') as credential_native_id,
  artifact,
  record
from numbered;
