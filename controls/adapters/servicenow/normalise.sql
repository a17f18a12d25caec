-- Records of a task table. The interface gives times in UTC; exports by the list view do not, and are not read here.
insert into tickets (
  ticket_id, system, type, status, status_class, summary, description, assignee, reporter, created_at, created_at_state,
  resolved_at, resolved_at_state, artifact, record
)
select
  number as ticket_id,
  'servicenow' as system,
  coalesce(type, 'unstated') as type,
  state as status,
  case when approval = 'approved' then 'approved' when closed_at is not null or coalesce(not active, false) then 'done' else 'open' end as status_class,
  coalesce(summary, '(no summary)') as summary,
  description,
  coalesce(assignee_shown, assignee) as assignee,
  coalesce(opened_by_shown, opened_by) as reporter,
  created_at,
  created_at_state,
  closed_at as resolved_at,
  case when closed_at is null and coalesce(active, true) then 'none' else closed_at_state end as resolved_at_state,
  artifact,
  record
from tickets;
