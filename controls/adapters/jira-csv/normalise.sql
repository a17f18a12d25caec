-- Issues of the export.
insert into tickets (
  ticket_id, system, type, status, status_class, summary, description, labels, assignee, reporter,
  created_at, created_at_state, resolved_at, resolved_at_state, artifact, record
)
with
classed as (
  select
    *,
    case
      when lower(status) = 'approved' then 'approved'
      when lower(status) in ('done', 'closed', 'resolved') then 'done'
      else 'open'
    end as status_class
  from issues
)

select
  key as ticket_id,
  'jira' as system,
  type,
  status,
  status_class,
  summary,
  description,
  labels,
  assignee,
  reporter,
  created_at,
  created_at_state,
  resolved_at,
  -- An issue that is not done has no such day; one that is done has a day that the export may lack.
  case when resolved_at is null and status_class <> 'done' then 'none' else resolved_at_state end as resolved_at_state,
  artifact,
  record
from classed;
