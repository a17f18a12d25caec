-- Findings of trufflehog 3. Its times have two spellings of one zone and are not read: the scan itself is the first sight.
insert into findings (
  finding_id, tool, rule, file, line, commit, author, seen_at, seen_at_state, status, credential_native_id, artifact, record
)
with
placed as (
  select
    *,
    concat_ws(':', coalesce(git_repository, hub_repository), coalesce(git_file, hub_file)) as place,
    coalesce(git_line, hub_line) as at_line,
    coalesce(git_commit, hub_commit) as in_commit
  from findings
),

numbered as (
  select
    *,
    concat_ws(':', in_commit, nullif(place, ''), detector, at_line) as base_id,
    row_number() over (partition by in_commit, place, detector, at_line order by record) as nth
  from placed
)

select
  case when nth = 1 then base_id else concat(base_id, ' (', nth, ')') end as finding_id,
  'trufflehog' as tool,
  detector as rule,
  coalesce(nullif(place, ''), 'unstated') as file,
  at_line as line,
  in_commit as commit,
  coalesce(git_author, hub_author) as author,
  $collected_at as seen_at,
  case when $collected_at is not null then 'known' else 'unknown' end as seen_at_state,
  'open' as status,
  nullif(regexp_replace(redacted, '^(?:((?:AKIA|ASIA)[0-9A-Z]{16})|.*)$', '\1'), '') as credential_native_id,
  artifact,
  record
from numbered;
