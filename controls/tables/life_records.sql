-- What records say of the life of every machine identity: what shows a step, and what only claims it.
with
-- Names as a ticket would write them: a single word between blanks, so that svc-ci is not found in svc-ci-deploy.
named as (
  select
    *,
    trim(regexp_replace(lower(name), '[^\p{L}\p{N}._/@:+-]+', ' ', 'g')) as name_words,
    count(*) over (partition by lower(trim(name))) as namesakes
  from machine_identities
),

worded as (
  select
    ticket_id, type, status, status_class, summary, created_at, resolved_at, artifact, record,
    regexp_replace(
      regexp_replace(lower(concat_ws(' ', summary, description, labels)), '[^\p{L}\p{N}._/@:+-]+', ' ', 'g'),
      '[.:/]+( |$)', ' ', 'g'
    ) as words,
    -- The same words as in the objective issuance-approval: what else a ticket says of a life is told by its own words.
    case
      when regexp_like(lower(type), 'exception|waiver') then 'exception'
      when regexp_like(lower(type), 'access|approval|change|onboarding|request') then 'approval'
      when regexp_like(lower(concat_ws(' ', summary, labels)), 'offboard|decommission|\b(remove|retire|disable|delete|revoke)') then 'retirement'
      when regexp_like(lower(concat_ws(' ', summary, labels)), '\b(rotat|renew|replac)') then 'rotation'
    end as about
  from tickets
),

ticket_words as (
  select distinct artifact, record, ticket_id, word
  from (select artifact, record, ticket_id, unnest(string_to_array(trim(words), ' ')) as word from worded where about is not null)
  where word <> ''
),

-- Every ticket that names an identity: by the register, by its id, by its name of one word, by its name of several.
mentions as (
  select named.identity_id, worded.artifact, worded.record, worded.ticket_id, 1 as way
  from named
  inner join worded
    on lower(trim(worded.ticket_id)) = lower(trim(named.approval_ticket))
  union all
  select named.identity_id, ticket_words.artifact, ticket_words.record, ticket_words.ticket_id, 2 as way
  from named
  inner join ticket_words
    on ticket_words.word = lower(named.identity_id)
  union all
  select named.identity_id, ticket_words.artifact, ticket_words.record, ticket_words.ticket_id, 3 as way
  from named
  inner join ticket_words
    on ticket_words.word = named.name_words
  union all
  select named.identity_id, worded.artifact, worded.record, worded.ticket_id, 3 as way
  from named
  inner join worded
    on strpos(concat(' ', worded.words, ' '), concat(' ', named.name_words, ' ')) > 0
  where strpos(named.name_words, ' ') > 0
    and worded.about is not null
),

surest as (
  select identity_id, artifact, record, ticket_id, min(way) as way
  from mentions
  group by identity_id, artifact, record, ticket_id
),

-- A name that several identities have, or that is a plain word, names nobody for certain.
told_by_tickets as (
  select
    named.identity_id,
    case when surest.way = 1 then 'approval' else worded.about end as about,
    coalesce(worded.resolved_at, worded.created_at) as at,
    worded.status_class in ('approved', 'done') as closed,
    surest.way < 3 or (named.namesakes = 1 and not regexp_like(named.name_words, '^\p{L}+$')) as certain,
    concat(
      worded.ticket_id, ' (', worded.type, ', ', worded.status, ')',
      case
        when surest.way = 1 then ' is the approval that the register names'
        when surest.way = 3 and named.namesakes > 1 then concat(' names "', named.name, '", but ', named.namesakes, ' identities have that name')
        when surest.way = 3 and regexp_like(named.name_words, '^\p{L}+$') then concat(' holds the word "', named.name, '", which need not mean this identity')
        else ' names it'
      end,
      coalesce(': ' || left(trim(worded.summary), 120), ''),
      case when worded.status_class in ('approved', 'done') then '' else '; it is not closed as done' end,
      '.'
    ) as says,
    worded.artifact,
    worded.record
  from surest
  inner join named
    on named.identity_id = surest.identity_id
  inner join worded
    on worded.artifact = surest.artifact
    and worded.record = surest.record
    and worded.ticket_id = surest.ticket_id
),

-- An approval lies in its ticket; of anything else a ticket is only a claim, which the system itself has to show.
ticket_steps as (
  select
    identity_id,
    about as step,
    at,
    case when about = 'approval' and closed and certain then 'shown' else 'claimed' end as state,
    says,
    artifact,
    record
  from told_by_tickets
  union all
  select
    named.identity_id,
    'approval' as step,
    cast(null as timestamp) as at,
    'claimed' as state,
    concat('The register names ', named.approval_ticket, ', which no export of tickets holds.') as says,
    named.register_artifact as artifact,
    named.register_record as record
  from named
  left join worded
    on lower(trim(worded.ticket_id)) = lower(trim(named.approval_ticket))
  where named.approval_ticket is not null
    and worded.ticket_id is null
),

creations as (
  select
    identity_id,
    'creation' as step,
    created_at as at,
    'shown' as state,
    concat('Created as ', kind, ' "', name, '" on ', platform, coalesce(' in ' || scope, ''), '.') as says,
    artifact,
    record
  from machine_identities
  where created_at is not null
),

-- Credentials of one kind in the order in which they were issued.
ordered as (
  select
    *,
    lag(credential_id) over (partition by identity_id, kind order by set_at, credential_id) as former_id,
    lag(status) over (partition by identity_id, kind order by set_at, credential_id) as former_status,
    -- "Access key AKIA...", "Password": the id is left out where it only repeats the identity's.
    concat(
      upper(left(kind, 1)),
      substr(replace(kind, '-', ' '), 2),
      case when starts_with(credential_id, identity_id) then '' else concat(' ', credential_id) end
    ) as shown
  from machine_credentials
  where identity_id is not null
),

credentials_issued as (
  select
    identity_id,
    'credential' as step,
    created_at as at,
    'shown' as state,
    concat(
      shown, ' issued',
      case when created_at is null then ' on a day that no source says' else '' end,
      '; ', status,
      case
        when expires_at is not null then concat('; it ends on ', to_char(expires_at, '%Y-%m-%d'))
        when expires_at_state = 'none' then '; it never ends'
        else ''
      end,
      '.'
    ) as says,
    artifact,
    record
  from ordered
),

replaced as (
  select
    identity_id,
    'rotation' as step,
    last_rotated_at as at,
    'shown' as state,
    concat(shown, ' got a new secret.') as says,
    artifact,
    record
  from ordered
  where last_rotated_at is not null
    and (created_at is null or last_rotated_at > created_at)
  union all
  select
    identity_id,
    'rotation' as step,
    set_at as at,
    'shown' as state,
    concat(shown, ' follows ', former_id, ', which is ', former_status, '.') as says,
    artifact,
    record
  from ordered
  where former_id is not null
    and former_status <> 'active'
    and set_at is not null
),

activity as (
  select
    identity_id,
    'use' as step,
    last_activity_at as at,
    'shown' as state,
    case when last_activity_at is null then 'Never used, as the source says.' else 'Last activity that a source states of the identity.' end as says,
    activity_artifact as artifact,
    activity_record as record
  from machine_identities
  where last_activity_at_state in ('known', 'none')
  union all
  select
    identity_id,
    'use' as step,
    last_used_at as at,
    'shown' as state,
    concat(shown, case when last_used_at is null then ' was never used.' else ' was last used.' end) as says,
    use_artifact as artifact,
    use_record as record
  from ordered
  where last_used_at_state in ('known', 'none')
  union all
  -- A log may hold millions of events: one row for each log, at its last event.
  select
    identity_id,
    'use' as step,
    max(at) as at,
    'shown' as state,
    concat(count(*), ' ', case when count(*) = 1 then 'event' else 'events' end, ' in ', log, ', the first on ', to_char(min(at), '%Y-%m-%d'), '.') as says,
    first_value(artifact order by at desc, artifact, record) as artifact,
    first_value(record order by at desc, artifact, record) as record
  from events
  where identity_id is not null
  group by identity_id, log
),

-- Every way in which a review names an identity, the surest first; as in the objective access-review.
review_ways as (
  select reviews.artifact, reviews.record, reviews.review_id, identities.identity_id, 1 as way
  from reviews
  inner join identities
    on identities.identity_id = trim(reviews.identity_ref)
  union
  select reviews.artifact, reviews.record, reviews.review_id, identities.identity_id, 1 as way
  from reviews
  inner join identities
    on identities.native_id = trim(reviews.identity_ref)
  union
  select reviews.artifact, reviews.record, reviews.review_id, aliases.identity_id, 2 as way
  from reviews
  inner join aliases
    on lower(trim(aliases.alias)) = lower(trim(reviews.identity_ref))
  union
  select reviews.artifact, reviews.record, reviews.review_id, identities.identity_id, 3 as way
  from reviews
  inner join identities
    on lower(trim(identities.name)) = lower(trim(reviews.identity_ref))
),

reviewed as (
  select *, count(*) over (partition by artifact, record, review_id, way) as fits
  from review_ways
  qualify rank() over (partition by artifact, record, review_id order by way) = 1
),

review_steps as (
  select
    reviewed.identity_id,
    'review' as step,
    reviews.decided_at as at,
    case when reviewed.fits = 1 and reviews.decision <> 'none' and reviews.decided_at is not null then 'shown' else 'claimed' end as state,
    concat(
      reviews.campaign,
      case when coalesce(trim(reviews.entitlement), '') = '' then '' else concat(', "', trim(reviews.entitlement), '"') end,
      ': ',
      case reviews.decision when 'none' then 'no decision was made' else concat('the decision is "', reviews.decision, '"') end,
      coalesce(' by ' || reviews.reviewer, ''),
      case when reviews.decided_at is null then '; it has no date' else '' end,
      case when reviewed.fits > 1 then concat('; "', trim(reviews.identity_ref), '" names ', reviewed.fits, ' identities') else '' end,
      '.'
    ) as says,
    reviews.artifact,
    reviews.record,
    reviews.decision
  from reviewed
  inner join reviews
    on reviews.artifact = reviewed.artifact
    and reviews.record = reviewed.record
    and reviews.review_id = reviewed.review_id
  union all
  select
    register_matches.identity_id,
    'review' as step,
    register.last_reviewed_at as at,
    'claimed' as state,
    'The register gives this as the day of its last review.' as says,
    register.artifact,
    register.record,
    'none' as decision
  from register_matches
  inner join register
    on register.artifact = register_matches.artifact
    and register.record = register_matches.record
    and register.register_id = register_matches.register_id
  where register_matches.fits = 1
    and register.last_reviewed_at is not null
),

retirements as (
  select
    identity_id,
    'retirement' as step,
    cast(null as timestamp) as at,
    'shown' as state,
    'Disabled, as the newest statement about it says.' as says,
    artifact,
    record
  from machine_identities
  where enabled = false
),

steps as (
  select identity_id, step, at, state, says, artifact, record, cast(null as varchar) as decision from ticket_steps
  union all
  select identity_id, step, at, state, says, artifact, record, cast(null as varchar) as decision from creations
  union all
  select identity_id, step, at, state, says, artifact, record, cast(null as varchar) as decision from credentials_issued
  union all
  select identity_id, step, at, state, says, artifact, record, cast(null as varchar) as decision from replaced
  union all
  select identity_id, step, at, state, says, artifact, record, cast(null as varchar) as decision from activity
  union all
  select identity_id, step, at, state, says, artifact, record, decision from review_steps
  union all
  select identity_id, step, at, state, says, artifact, record, cast(null as varchar) as decision from retirements
)

select distinct
  steps.identity_id,
  case steps.step
    when 'approval' then 1 when 'creation' then 2 when 'credential' then 3 when 'use' then 4 when 'rotation' then 5 when 'review' then 6 when 'exception' then 7 else 8
  end as position,
  steps.step,
  steps.at,
  -- What a source dates after the instant of the report cannot have happened by then: it is told, and shows nothing.
  case when steps.at > $as_of then 'later' else steps.state end as state,
  case when steps.at > $as_of then concat(steps.says, ' That day is after the report, so this is not counted.') else steps.says end as says,
  steps.artifact,
  steps.record,
  steps.decision
from steps
inner join machine_identities
  on machine_identities.identity_id = steps.identity_id
