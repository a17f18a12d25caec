-- Alerts of GitHub. One that was called a false positive or used in tests was dismissed by a person; a revoked one is resolved.
insert into findings (
  finding_id, tool, rule, file, line, commit, seen_at, seen_at_state, status, credential_native_id, repository, dismissal, closed_at,
  artifact, record
)
select
  coalesce(url, concat('alert ', number)) as finding_id,
  'github-secret-scanning' as tool,
  secret_type as rule,
  concat_ws(':', coalesce(repository, regexp_replace(url, '^https?://[^/]+/([^/]+/[^/]+)/.*$', '\1'), 'unstated'), path) as file,
  line,
  commit,
  seen_at,
  seen_at_state,
  case
    when state = 'open' then 'open'
    when resolution = 'revoked' then 'resolved'
    when state = 'resolved' then 'dismissed'
  end as status,
  nullif(regexp_replace(secret, '^(?:((?:AKIA|ASIA)[0-9A-Z]{16})|.*)$', '\1'), '') as credential_native_id,
  coalesce(repository, nullif(regexp_replace(url, '^https?://[^/]+/([^/]+/[^/]+)/.*$', '\1'), url)) as repository,
  case when state = 'resolved' and coalesce(resolution, '') <> 'revoked' then nullif(concat_ws(': ', resolution, resolution_comment), '') end as dismissal,
  resolved_at as closed_at,
  artifact,
  record
from alerts;
