-- Every machine identity whose owner, workload, vendor or term has gone, and whether its access was withdrawn in time.
with
registered as (
  select machine_identities.identity_id, register.*
  from machine_identities
  inner join register
    on register.artifact = machine_identities.register_artifact
    and register.record = machine_identities.register_record
  qualify row_number() over (partition by machine_identities.identity_id order by register.register_id) = 1
),

offboarding_words as (
  select distinct trim(word) as word
  from (select unnest(string_to_array(lower($offboarding_words), ',')) as word)
  where trim(word) <> ''
),

-- Tickets that are done and that say by a word of their summary or labels that something was taken out of service.
offboarding as (
  select distinct tickets.artifact, tickets.record, tickets.ticket_id, tickets.resolved_at
  from tickets
  inner join offboarding_words
    on strpos(lower(concat_ws(' ', tickets.summary, tickets.labels)), offboarding_words.word) > 0
  where tickets.status_class = 'done'
),

departures as (
  select identity_id, 1 as rank, true as certain, concat('Its owner has left', coalesce(': ' || owner, '')) as said, owner_left_at as since, artifact, record
  from registered
  where owner_status = 'left'
  union all
  -- Its owner by the register, else by the source, whom a list of owners or another row of the register calls gone.
  select
    machine_identities.identity_id,
    2 as rank,
    leavers.certain,
    case
      when leavers.alike then concat(
        'Its owner, ', coalesce(machine_identities.register_owner, machine_identities.source_owner), ', may be ', leavers.person, ', who by the ',
        case leavers.source when 'list' then 'directory' else 'register' end, ' left'
      )
      when leavers.certain then concat('By the ', case leavers.source when 'list' then 'directory' else 'register' end, ' its owner left')
      else concat('Its owner, ', leavers.person, ', is said both to be there and to have left')
    end as said,
    leavers.left_at as since,
    leavers.artifact,
    leavers.record
  from machine_identities
  inner join leavers
    on leavers.name = lower(coalesce(machine_identities.register_owner, machine_identities.source_owner))
  where machine_identities.register_owner is null
    or machine_identities.register_owner_status <> 'left'
  union all
  select identity_id, 3 as rank, true as certain, 'Its workload was retired' as said, retired_at as since, artifact, record
  from registered
  where retired_at <= $as_of
  union all
  select identity_id, 4 as rank, true as certain, concat('The contract with ', coalesce(vendor, 'its vendor'), ' ended') as said, contract_ends_at as since, artifact, record
  from registered
  where contract_ends_at <= $as_of
  union all
  select identity_id, 5 as rank, true as certain, 'The register let it end' as said, expires_at as since, artifact, record
  from registered
  where expires_at <= $as_of
  union all
  select ticket_mentions.identity_id, 6 as rank, true as certain, concat(offboarding.ticket_id, ' says that it was taken out of service') as said,
    offboarding.resolved_at as since, offboarding.artifact, offboarding.record
  from offboarding
  inner join ticket_mentions
    on ticket_mentions.artifact = offboarding.artifact
    and ticket_mentions.record = offboarding.record
    and ticket_mentions.ticket_id = offboarding.ticket_id
  where ticket_mentions.way in ('id', 'name')
),

-- The departure that came first speaks for the identity; one without a day comes later, and one that is not certain last.
departed as (
  select *
  from departures
  qualify row_number() over (partition by identity_id order by certain desc, since nulls last, rank, artifact, record, said) = 1
),

held as (
  select
    departed.identity_id,
    count(machine_credentials.credential) as credentials_count,
    count(machine_credentials.credential) filter (where machine_credentials.status = 'active' and not coalesce(machine_credentials.expires_at <= $as_of, false))
      as live_count,
    min(machine_credentials.credential) filter (where machine_credentials.status = 'active' and not coalesce(machine_credentials.expires_at <= $as_of, false))
      as live_credential,
    max(machine_credentials.last_used_at) as last_used_at
  from departed
  left join machine_credentials
    on machine_credentials.identity_id = departed.identity_id
  group by departed.identity_id
),

acted as (
  select events.identity_id, max(events.at) as last_at
  from events
  inner join departed
    on departed.identity_id = events.identity_id
  where events.outcome <> 'failure'
  group by events.identity_id
),

measured as (
  select
    machine_identities.identity_id,
    machine_identities.provider_managed,
    departed.certain,
    departed.said,
    departed.since,
    departed.artifact,
    departed.record,
    held.credentials_count,
    held.live_count,
    held.live_credential,
    days_between(departed.since, $as_of) as since_days,
    greatest(machine_identities.last_activity_at, held.last_used_at, acted.last_at) as last_at,
    coalesce(machine_identities.enabled = false, false) as disabled,
    coalesce(machine_identities.enabled = false, false) or (held.credentials_count > 0 and held.live_count = 0) as withdrawn
  from departed
  inner join machine_identities
    on machine_identities.identity_id = departed.identity_id
  inner join held
    on held.identity_id = departed.identity_id
  left join acted
    on acted.identity_id = departed.identity_id
),

judged as (
  select
    *,
    days_between(since, last_at) as acted_days,
    case
      when provider_managed then 'provider'
      when since > $as_of then 'future'
      when withdrawn and (since is null or not certain) then 'withdrawn'
      when withdrawn and last_at <= $as_of and days_between(since, last_at) > $withdraw_days_max then 'acted on'
      when withdrawn then 'withdrawn'
      when since is null then 'undated'
      when days_between(since, $as_of) <= $withdraw_days_max then 'under way'
      when not certain then 'perhaps'
      else 'still there'
    end as standing
  from measured
),

-- Where the exports would have shown an identity of any kind, and whether they are whole.
covered as (
  select
    lower(identities.platform) as platform,
    lower(identities.scope) as scope,
    -- On AWS the report of users is whole without the roles; a list of both shows at least one role.
    bool_or(coalesce(artifacts.extent = 'complete', false) and (identities.platform <> 'aws' or identities.kind = 'role')) as whole
  from identities
  left join artifacts
    on artifacts.path = identities.artifact
  group by lower(identities.platform), lower(identities.scope)
),

matched as (
  select distinct artifact, record, register_id
  from register_matches
),

-- Rows of the register that have ended and that no source shows.
gone as (
  select
    concat('register: ', concat_ws(' ', nullif(lower(trim(register.platform)), ''), nullif(lower(trim(register.scope)), ''), trim(register.name))) as subject,
    case
      when register.owner_status = 'left' then 'Its owner has left'
      when register.retired_at <= $as_of then 'Its workload was retired'
      when register.contract_ends_at <= $as_of then concat('The contract with ', coalesce(register.vendor, 'its vendor'), ' ended')
      else 'The register let it end'
    end as said,
    coalesce(covered.whole, false) as shown,
    register.artifact,
    register.record,
    register.register_id
  from register
  left join matched
    on matched.artifact = register.artifact
    and matched.record = register.record
    and matched.register_id = register.register_id
  left join covered
    on covered.platform = lower(trim(register.platform))
    and covered.scope = lower(trim(register.scope))
  where matched.register_id is null
    and (
      register.owner_status = 'left' or register.retired_at <= $as_of or register.contract_ends_at <= $as_of or register.expires_at <= $as_of
    )
  qualify row_number() over (
    partition by concat_ws(' ', nullif(lower(trim(register.platform)), ''), nullif(lower(trim(register.scope)), ''), trim(register.name))
    order by register.artifact, register.record, register.register_id
  ) = 1
),

told as (
  select
    identity_id as subject,
    case standing
      when 'provider' then 'skip'
      when 'withdrawn' then 'pass'
      when 'under way' then 'pass'
      when 'undated' then 'unknown'
      when 'future' then 'unknown'
      when 'perhaps' then 'unknown'
      else 'fail'
    end as outcome,
    concat(
      said,
      case when since is not null then concat(' on ', to_char(since, '%Y-%m-%d')) else '' end,
      '; ',
      case standing
        when 'provider' then 'the platform runs this identity and removes it itself'
        when 'future' then 'that day is after the date of this report'
        when 'withdrawn' then case
          when disabled then 'it is disabled'
          else concat('none of its ', credentials_count, ' credentials is active')
        end
        when 'acted on' then concat(
          case when disabled then 'it is disabled now' else 'its credentials are inactive now' end,
          ', but it still acted ', acted_days, ' days after that, on ', to_char(last_at, '%Y-%m-%d'), '; ', $withdraw_days_max, ' are allowed'
        )
        when 'under way' then concat('it is still there after ', since_days, ' days; ', $withdraw_days_max, ' are allowed')
        when 'undated' then 'no source says when, and it is still there'
        when 'perhaps' then concat('it is still there after ', since_days, ' days; ', $withdraw_days_max, ' are allowed if its owner is the one who left')
        else concat('it is still there after ', since_days, ' days; ', $withdraw_days_max, ' are allowed')
      end,
      case
        when standing in ('still there', 'undated', 'under way', 'perhaps') and live_count = 1 then concat('; its credential is active: ', live_credential)
        when standing in ('still there', 'undated', 'under way', 'perhaps') and live_count > 1
          then concat('; ', live_count, ' of its credentials are active, the first: ', live_credential)
        else ''
      end,
      case
        when standing in ('still there', 'perhaps') and last_at > since and last_at <= $as_of
          then concat('; it last acted on ', to_char(last_at, '%Y-%m-%d'), ', ', acted_days, ' days after that')
        else ''
      end,
      '.'
    ) as reason,
    artifact,
    record,
    identity_id as identity
  from judged
  union all
  select
    subject,
    case when shown then 'pass' else 'unknown' end as outcome,
    concat(
      said,
      case
        when shown then ', and the whole export of its place does not show it any more'
        else '; no source shows it, and no whole export of its place was collected'
      end,
      '.'
    ) as reason,
    artifact,
    record,
    cast(null as varchar) as identity
  from gone
)

select
  subject,
  outcome,
  regexp_replace(reason, '\b1 days\b', '1 day', 'g') as reason,
  artifact,
  record,
  identity
from told
