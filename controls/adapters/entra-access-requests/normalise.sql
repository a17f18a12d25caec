-- Requests for access, with the end that they came to.
insert into tickets (
  ticket_id, system, type, status, status_class, summary, reporter, created_at, created_at_state, resolved_at, resolved_at_state,
  artifact, record
)
select
  id as ticket_id,
  'entra' as system,
  type,
  status,
  case when status = 'Fulfilled' then 'approved' when completed_at is not null then 'done' else 'open' end as status_class,
  concat(type, ' by ', coalesce(requestor, 'the system')) as summary,
  requestor as reporter,
  created_at,
  created_at_state,
  completed_at as resolved_at,
  completed_at_state as resolved_at_state,
  artifact,
  record
from requests;
