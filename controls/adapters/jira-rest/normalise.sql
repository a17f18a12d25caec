-- Issues of a search. The description of version 3 is a document and is kept as JSON.
insert into tickets (
  ticket_id, system, type, status, status_class, summary, description, labels, assignee, reporter, created_at, created_at_state,
  resolved_at, resolved_at_state, artifact, record
)
select
  key as ticket_id,
  'jira' as system,
  type,
  status,
  case when lower(status) = 'approved' then 'approved' when category = 'done' or lower(status) in ('done', 'closed', 'resolved') then 'done' else 'open' end as status_class,
  coalesce(summary, '(no summary)') as summary,
  description,
  labels,
  assignee,
  reporter,
  created_at,
  created_at_state,
  resolved_at,
  case when resolved_at is null and not (coalesce(category = 'done', false) or lower(status) in ('done', 'closed', 'resolved')) then 'none' else resolved_at_state end as resolved_at_state,
  artifact,
  record
from issues;
