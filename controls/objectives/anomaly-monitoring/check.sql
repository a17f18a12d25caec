-- Every machine identity that a log names, every detection about one, and every platform: whether what stood out was followed up.
with
-- Calls that were refused, by day: each entry once, however many files state it.
refusals as (
  select
    identity_id,
    date_trunc('day', at) as day,
    count(distinct event_id) as refused_count,
    min(concat(artifact, chr(31), record)) as place
  from events
  where platform is not null
    and identity_id is not null
    and outcome = 'failure'
    and at between $period_from and $period_to
  group by identity_id, date_trunc('day', at)
),

worst as (
  select *
  from refusals
  qualify row_number() over (partition by identity_id order by refused_count desc, day, place) = 1
),

active as (
  select
    identity_id,
    min(concat(artifact, chr(31), record)) as place
  from events
  where platform is not null
    and identity_id is not null
    and at between $period_from and $period_to
  group by identity_id
),

detections as (
  select
    posture.*,
    machine_identities.name
  from posture
  inner join machine_identities
    on machine_identities.identity_id = posture.identity_id
  left join artifacts
    on artifacts.path = posture.artifact
  where posture.kind = 'detection'
  qualify row_number() over (
    partition by posture.tool, posture.result_id
    order by artifacts.collected_at desc nulls last, (posture.status = 'fail') desc, posture.artifact, posture.record
  ) = 1
),

-- What somebody has to answer for: a day of many refusals, or a detection that is not closed.
alerts as (
  select
    worst.identity_id,
    machine_identities.name,
    worst.day as raised_at,
    concat('refused ', worst.identity_id) as alert
  from worst
  inner join machine_identities
    on machine_identities.identity_id = worst.identity_id
  where worst.refused_count >= $refused_min
  union all
  select identity_id, name, seen_at as raised_at, concat('detection ', tool, ' ', result_id) as alert
  from detections
  where status not in ('pass', 'muted')
),

-- A ticket names an alert by the identity's name or id, or by the id of the detection, as a word of its own.
ticket_words as (
  select distinct ticket_id, created_at, artifact, record, word
  from (
    select
      ticket_id,
      created_at,
      artifact,
      record,
      unnest(
        string_to_array(
          regexp_replace(
            regexp_replace(lower(concat_ws(' ', summary, description, labels)), '[^\p{L}\p{N}._/@:+$-]+', ' ', 'g'),
            '[.:/]+( |$)', ' ', 'g'
          ),
          ' '
        )
      ) as word
    from tickets
  )
  where word <> ''
),

alert_words as (
  select alert, raised_at, lower(name) as word
  from alerts
  union
  select alert, raised_at, lower(identity_id) as word
  from alerts
  union
  select concat('detection ', tool, ' ', result_id) as alert, seen_at as raised_at, lower(result_id) as word
  from detections
),

-- The first ticket that was opened after the alert and in time.
answers as (
  select alert_words.alert, ticket_words.ticket_id, ticket_words.created_at, ticket_words.artifact, ticket_words.record
  from alert_words
  inner join ticket_words
    on ticket_words.word = alert_words.word
  where ticket_words.created_at >= date_trunc('day', alert_words.raised_at)
    and days_between(date_trunc('day', alert_words.raised_at), ticket_words.created_at) <= $follow_days_max
  qualify row_number() over (
    partition by alert_words.alert
    order by ticket_words.created_at, ticket_words.ticket_id, ticket_words.artifact, ticket_words.record
  ) = 1
),

-- Detections answer a day of refusals too: somebody was told.
told_by_tool as (
  select
    worst.identity_id,
    min(concat(detections.artifact, chr(31), detections.record, chr(31), detections.tool)) as place
  from worst
  inner join detections
    on detections.identity_id = worst.identity_id
  where detections.seen_at >= worst.day
    and days_between(worst.day, detections.seen_at) <= $follow_days_max
  group by worst.identity_id
),

tickets_known as (
  select count(*) > 0 as any_ticket
  from tickets
),

identities_judged as (
  select
    active.identity_id,
    active.place as active_place,
    worst.place,
    worst.day,
    coalesce(worst.refused_count, 0) as refused_count,
    answers.ticket_id,
    answers.created_at as answered_at,
    answers.artifact as ticket_artifact,
    answers.record as ticket_record,
    told_by_tool.place as tool_place,
    case
      when coalesce(worst.refused_count, 0) < $refused_min then 'calm'
      when answers.ticket_id is not null then 'ticket'
      when told_by_tool.place is not null then 'detected'
      when days_between(worst.day, $as_of) <= $follow_days_max then 'young'
      when not tickets_known.any_ticket then 'no tickets'
      else 'unanswered'
    end as standing
  from active
  inner join machine_identities
    on machine_identities.identity_id = active.identity_id
  cross join tickets_known
  left join worst
    on worst.identity_id = active.identity_id
  left join answers
    on answers.alert = concat('refused ', active.identity_id)
  left join told_by_tool
    on told_by_tool.identity_id = active.identity_id
),

detections_judged as (
  select
    detections.*,
    days_between(detections.seen_at, $as_of) as open_days,
    answers.ticket_id,
    answers.created_at as answered_at,
    case
      when detections.status in ('pass', 'muted') then 'closed'
      when answers.ticket_id is not null then 'ticket'
      when detections.seen_at is null then 'undated'
      when detections.seen_at > $as_of then 'future'
      when days_between(detections.seen_at, $as_of) <= $open_days_max then 'young'
      else 'open'
    end as standing
  from detections
  left join answers
    on answers.alert = concat('detection ', detections.tool, ' ', detections.result_id)
),

-- Places where machine identities live, and whether a detector reports from there.
lived as (
  select
    platform,
    coalesce(lower(scope), 'unstated') as scope,
    count(*) filter (where not provider_managed) as identities_count,
    min(concat(artifact, chr(31), record)) as place
  from machine_identities
  group by platform, coalesce(lower(scope), 'unstated')
),

reporting as (
  select
    lower(scope) as scope,
    count(distinct concat(tool, ' ', result_id)) as reports_count,
    max(seen_at) as last_at,
    min(concat(artifact, chr(31), record)) as place
  from posture
  where kind = 'detection'
    and scope is not null
    and seen_at between $period_from and $period_to
  group by lower(scope)
),

told as (
  select
    identity_id as subject,
    case
      when standing in ('calm', 'young') then 'skip'
      when standing in ('ticket', 'detected') then 'pass'
      when standing = 'no tickets' then 'unknown'
      else 'fail'
    end as outcome,
    concat(
      case
        when standing = 'calm' and refused_count = 0 then 'The logs hold no refused call of it in this period; there was nothing to follow up'
        when standing = 'calm' then concat(
          'At most ', refused_count, ' of its calls were refused on one day, ', to_char(day, '%Y-%m-%d'), '; it is followed up from ', $refused_min
        )
        else concat(refused_count, ' of its calls were refused on ', to_char(day, '%Y-%m-%d'), '; it is followed up from ', $refused_min)
      end,
      case standing
        when 'calm' then ''
        when 'ticket' then concat('. Ticket ', ticket_id, ' of ', to_char(answered_at, '%Y-%m-%d'), ' names it')
        when 'detected' then concat('. ', split_part(tool_place, chr(31), 3), ' reported on it within ', $follow_days_max, ' days')
        when 'young' then concat(', and ', $follow_days_max, ' days are allowed for that')
        when 'no tickets' then '. No tickets were delivered that could show an answer'
        else concat('. No ticket within ', $follow_days_max, ' days names it, and no detection does')
      end,
      '.'
    ) as reason,
    case standing
      when 'ticket' then concat(ticket_artifact, chr(31), ticket_record)
      when 'detected' then tool_place
      else coalesce(place, active_place)
    end as place,
    identity_id as identity
  from identities_judged
  union all
  select
    concat('detection ', tool, ' ', result_id) as subject,
    case
      when standing in ('closed', 'ticket') then 'pass'
      when standing = 'young' then 'skip'
      when standing = 'open' then 'fail'
      else 'unknown'
    end as outcome,
    concat(
      rule, ' about ', name,
      coalesce(', seen on ' || to_char(seen_at, '%Y-%m-%d'), ''),
      case standing
        when 'closed' then ', was closed'
        when 'ticket' then concat('; ticket ', ticket_id, ' of ', to_char(answered_at, '%Y-%m-%d'), ' answers it')
        when 'undated' then ', is open, and nothing says since when'
        when 'future' then ', after the date of this report'
        when 'young' then concat(', is open for ', open_days, ' days; ', $open_days_max, ' are allowed')
        else concat(', is open for ', open_days, ' days; ', $open_days_max, ' are allowed, and no ticket names it')
      end,
      '.'
    ) as reason,
    concat(artifact, chr(31), record) as place,
    identity_id as identity
  from detections_judged
  union all
  select
    concat('watch over ', lived.platform, ' ', lived.scope) as subject,
    case
      when reporting.scope is not null then 'pass'
      when lived.identities_count = 0 then 'skip'
      else 'unknown'
    end as outcome,
    case
      when reporting.scope is not null then concat(
        'Detectors reported ', reporting.reports_count, ' detection', case when reporting.reports_count = 1 then '' else 's' end,
        ' from here in this period, the last on ', to_char(reporting.last_at, '%Y-%m-%d'), '.'
      )
      when lived.identities_count = 0 then 'Only identities that the platform runs itself live here.'
      else concat(
        'No detector reported anything from here in this period, so nothing shows that the ', lived.identities_count, ' machine ',
        case when lived.identities_count = 1 then 'identity is' else 'identities are' end, ' watched.'
      )
    end as reason,
    coalesce(reporting.place, lived.place) as place,
    cast(null as varchar) as identity
  from lived
  left join reporting
    on reporting.scope = lived.scope
)

select
  subject,
  outcome,
  regexp_replace(reason, '\b1 days\b', '1 day', 'g') as reason,
  split_part(place, chr(31), 1) as artifact,
  split_part(place, chr(31), 2) as record,
  identity
from told
