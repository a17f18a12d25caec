-- Every exception that the workspace states, in force or ended, and every accepted risk in the tracker: accepted by another, limited in time, compensated, with a plan, and not relied on beyond its end.
with
stated as (
  select
    exception_id,
    min(title) as title,
    min(objective) as objective,
    min(requested_by) as requested_by,
    min(approved_by) as approved_by,
    min(approved_at) as approved_at,
    max(expires_at) as expires_at,
    min(compensating_measure) as compensating_measure,
    min(retirement_plan) as retirement_plan,
    min(overdue_milestone) as overdue_milestone,
    min(ticket) as ticket,
    count(distinct subject) as subjects_count,
    min(artifact) as artifact,
    min(record) as record
  from exceptions
  group by exception_id
),

-- What exists and works today, by the names that deviations use.
alive as (
  select identity_id as subject
  from machine_identities
  where coalesce(enabled, true)
  union
  select credential as subject
  from machine_credentials
  where status = 'active'
    and not coalesce(expires_at <= $as_of, false)
),

relied_on as (
  select exceptions.exception_id, count(distinct exceptions.subject) as alive_count, min(exceptions.subject) as alive_subject
  from exceptions
  inner join alive
    on alive.subject = exceptions.subject
  group by exceptions.exception_id
),

acceptance_words as (
  select distinct trim(word) as word
  from (select unnest(string_to_array(lower($acceptance_types), ',')) as word)
  where trim(word) <> ''
),

-- The newest statement of each ticket.
tracked as (
  select tickets.*, lower(trim(tickets.ticket_id)) as key
  from tickets
  left join artifacts
    on artifacts.path = tickets.artifact
  qualify row_number() over (
    partition by lower(trim(tickets.ticket_id))
    order by artifacts.collected_at desc nulls last, tickets.artifact, tickets.record
  ) = 1
),

-- Tickets of a type that accepts a risk.
acceptances as (
  select distinct tracked.ticket_id, tracked.key, tracked.type, tracked.status, tracked.status_class, tracked.summary, tracked.artifact, tracked.record
  from tracked
  inner join acceptance_words
    on strpos(lower(tracked.type), acceptance_words.word) > 0
),

measured as (
  select
    stated.*,
    tracked.ticket_id,
    tracked.status as ticket_status,
    tracked.status_class as ticket_class,
    coalesce(relied_on.alive_count, 0) as alive_count,
    relied_on.alive_subject,
    days_between(stated.approved_at, stated.expires_at) as term_days,
    days_between(stated.expires_at, $as_of) as over_days,
    stated.expires_at <= $as_of as ended,
    stated.approved_at > $as_of as later
  from stated
  left join tracked
    on tracked.key = lower(trim(coalesce(stated.ticket, stated.exception_id)))
  left join relied_on
    on relied_on.exception_id = stated.exception_id
),

judged as (
  select
    *,
    concat_ws(
      '; ',
      case when ended and alive_count > 0 then concat(
        'it ended ', over_days, ' days ago, on ', to_char(expires_at, '%Y-%m-%d'), ', and what it covers is still there: ', alive_subject,
        case when alive_count > 1 then concat(' and ', alive_count - 1, ' more') else '' end
      ) end,
      case when approved_by is null then 'nobody is named who approved it' end,
      case when lower(requested_by) = lower(approved_by) then concat(approved_by, ' both asked for it and approved it') end,
      case when term_days > $term_days_max then concat('it was given for ', term_days, ' days; ', $term_days_max, ' are allowed') end,
      case when compensating_measure is null then 'no compensating measure is stated' end,
      case when retirement_plan is null then 'no plan to end it is stated' end,
      case when overdue_milestone is not null and not ended then concat('a step of its plan is overdue: ', overdue_milestone) end,
      case when ticket_class = 'open' then concat(ticket_id, ' stands at "', ticket_status, '"') end
    ) as faults
  from measured
),

-- Risks that the tracker calls accepted and that stand in no exception.
unstated as (
  select acceptances.*
  from acceptances
  left join stated
    on acceptances.key = lower(trim(coalesce(stated.ticket, stated.exception_id)))
  where stated.exception_id is null
    and acceptances.status_class = 'approved'
),

told as (
  select
    exception_id as subject,
    case
      when later then 'skip'
      when ended and expires_at < $period_from and alive_count = 0 then 'skip'
      when faults <> '' then 'fail'
      else 'pass'
    end as outcome,
    concat(
      case
        when later then concat('It is approved only from ', to_char(approved_at, '%Y-%m-%d'))
        when faults <> '' then concat(objective, ': ', faults)
        when ended then concat(objective, ': it ended on ', to_char(expires_at, '%Y-%m-%d'), ', and nothing that it covers is shown as still there')
        else concat(
          objective, ': ', approved_by, ' approved it on ', to_char(approved_at, '%Y-%m-%d'), ' for ', term_days, ' days, ', $term_days_max,
          ' are allowed; a compensating measure and a plan to end it are stated'
        )
      end,
      case when ticket is not null and ticket_id is null then concat('; the tracker''s export does not hold ', ticket) else '' end,
      '.'
    ) as reason,
    artifact,
    record
  from judged
  union all
  select
    concat('ticket ', ticket_id) as subject,
    'unknown' as outcome,
    concat(
      ticket_id, ' (', type, ', ', status, ', "', summary, '") accepts a risk, and exceptions.yaml does not hold it, so neither its end nor its compensating measure can be tested.'
    ) as reason,
    artifact,
    record
  from unstated
)

select
  subject,
  outcome,
  regexp_replace(reason, '\b1 days\b', '1 day', 'g') as reason,
  artifact,
  record,
  cast(null as varchar) as identity
from told
