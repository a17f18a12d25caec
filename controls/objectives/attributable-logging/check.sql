-- Every machine identity, every platform on which one lives, and every log: whether what was done leads to who did it.
with
-- Words with which a log names nobody, or a name that several share.
shared_words as (
  select distinct trim(word) as word
  from (select unnest(string_to_array(lower($shared_actors), ',')) as word)
),

protection_rules as (
  select distinct trim(rule) as rule
  from (select unnest(string_to_array($protection_rules, ',')) as rule)
  where trim(rule) <> ''
),

-- What the logs of its platform, or of any other, say that an identity did. An export of last uses is no log.
deeds as (
  select
    identity_id,
    at,
    on_behalf_of is null and outcome <> 'failure' as callerless,
    artifact,
    record
  from events
  where platform is not null
    and identity_id is not null
    and at between $period_from and $period_to
),

identity_days as (
  select
    identity_id,
    date_trunc('day', at) as day,
    max(at) as last_at,
    bool_or(callerless) as callerless
  from deeds
  group by identity_id, date_trunc('day', at)
),

-- Days and places are gathered apart: there are far more days than identities, and a place is long.
act_days as (
  select
    identity_id,
    count(*) as days_count,
    max(last_at) as last_at,
    count(*) filter (where callerless) as callerless_days
  from identity_days
  group by identity_id
),

act_places as (
  select
    identity_id,
    min(concat(artifact, chr(31), record)) as place,
    min(case when callerless then concat(artifact, chr(31), record) end) as callerless_place
  from deeds
  group by identity_id
),

acts as (
  select
    act_days.*,
    act_places.place,
    act_places.callerless_place
  from act_days
  inner join act_places
    on act_places.identity_id = act_days.identity_id
),

-- One day of one log, and whether an entry of it names nobody.
log_days as (
  select
    lower(events.platform) as platform,
    coalesce(lower(events.scope), 'unstated') as scope,
    date_trunc('day', events.at) as day,
    min(events.at) as first_at,
    max(events.at) as last_at,
    min(concat(events.artifact, chr(31), events.record)) as place,
    min(
      case
        when shared_words.word is not null and events.identity_id is null and events.actor_kind <> 'provider' and events.outcome <> 'failure'
        then concat(events.artifact, chr(31), events.record, chr(31), events.actor)
      end
    ) as nameless_place
  from shared_words
  right join events
    on lower(trim(events.actor)) = shared_words.word
  where events.platform is not null
    and events.at between $period_from and $period_to
  group by lower(events.platform), coalesce(lower(events.scope), 'unstated'), date_trunc('day', events.at)
),

log_steps as (
  select
    *,
    days_between(lag(day) over (partition by platform, scope order by day), day) - 1 as quiet_days
  from log_days
),

-- Exports that are not known to be whole cannot show that something is not in the log.
log_files as (
  select distinct lower(platform) as platform, coalesce(lower(scope), 'unstated') as scope, artifact
  from events
  where platform is not null
),

log_extents as (
  select
    log_files.platform,
    log_files.scope,
    bool_and(coalesce(artifacts.extent = 'complete', false)) as whole
  from log_files
  left join artifacts
    on artifacts.path = log_files.artifact
  group by log_files.platform, log_files.scope
),

logs as (
  select
    log_steps.platform,
    log_steps.scope,
    count(*) as days_count,
    min(log_steps.first_at) as first_at,
    max(log_steps.last_at) as last_at,
    greatest(
      coalesce(max(log_steps.quiet_days), 0),
      days_between($period_from, min(log_steps.first_at)),
      days_between(max(log_steps.last_at), least($period_to, $as_of))
    ) as quiet_days,
    count(log_steps.nameless_place) as nameless_days,
    min(log_steps.nameless_place) as nameless_place,
    min(log_steps.place) as place,
    bool_and(log_extents.whole) as whole
  from log_steps
  inner join log_extents
    on log_extents.platform = log_steps.platform
    and log_extents.scope = log_steps.scope
  group by log_steps.platform, log_steps.scope
),

identities_judged as (
  select
    machine_identities.*,
    logs.first_at as log_first_at,
    logs.last_at as log_last_at,
    acts.days_count,
    acts.last_at as act_last_at,
    acts.callerless_days,
    acts.place,
    acts.callerless_place,
    case
      when machine_identities.provider_managed then 'provider'
      when machine_identities.kind = 'role' and acts.callerless_days > 0 then 'callerless'
      when acts.identity_id is null and logs.platform is null then 'no log'
      when machine_identities.last_activity_at > $as_of then 'future'
      when machine_identities.last_activity_at between $period_from and $period_to
        and coalesce(days_between(acts.last_at, machine_identities.last_activity_at) > $lag_days_max, true)
        then case
          when logs.platform is null
            or machine_identities.last_activity_at < logs.first_at
            or machine_identities.last_activity_at > logs.last_at then 'outside the log'
          when not logs.whole then 'perhaps missing'
          else 'missing'
        end
      when acts.identity_id is not null then 'logged'
      else 'rests'
    end as standing
  from machine_identities
  left join acts
    on acts.identity_id = machine_identities.identity_id
  left join logs
    on logs.platform = machine_identities.platform
    and logs.scope = coalesce(lower(machine_identities.scope), 'unstated')
),

lived as (
  select
    platform,
    coalesce(lower(scope), 'unstated') as scope,
    count(*) filter (where not provider_managed) as identities_count,
    min(concat(artifact, chr(31), record)) as place
  from machine_identities
  group by platform, coalesce(lower(scope), 'unstated')
),

places as (
  select
    coalesce(lived.platform, logs.platform) as platform,
    coalesce(lived.scope, logs.scope) as scope,
    coalesce(lived.identities_count, 0) as identities_count,
    coalesce(logs.place, lived.place) as place,
    logs.platform is not null as logged,
    logs.days_count,
    logs.first_at,
    logs.last_at,
    logs.quiet_days,
    logs.nameless_days,
    logs.nameless_place
  from lived
  full join logs
    on logs.platform = lived.platform
    and logs.scope = lived.scope
),

-- What a posture tool says of the settings that keep a log from being altered.
protection as (
  select
    lower(posture.scope) as scope,
    count(distinct case when posture.status = 'pass' then posture.rule end) as passed_count,
    min(case when posture.status = 'fail' then concat(posture.artifact, chr(31), posture.record, chr(31), posture.rule, chr(31), posture.resource) end)
      as failed_place,
    min(case when posture.status = 'pass' then concat(posture.artifact, chr(31), posture.record) end) as passed_place
  from posture
  inner join protection_rules
    on protection_rules.rule = posture.rule
  where posture.scope is not null
  group by lower(posture.scope)
),

protection_judged as (
  select
    places.*,
    protection.failed_place,
    protection.passed_place,
    coalesce(protection.passed_count, 0) as passed_count,
    rules.rules_count
  from places
  cross join (select count(*) as rules_count from protection_rules) as rules
  left join protection
    on protection.scope = places.scope
  where places.logged
    or protection.scope is not null
),

told as (
  select
    identity_id as subject,
    case
      when standing in ('provider', 'rests') then 'skip'
      when standing = 'logged' then 'pass'
      when standing in ('callerless', 'missing') then 'fail'
      else 'unknown'
    end as outcome,
    case standing
      when 'provider' then 'The platform made this identity and logs its own use of it.'
      when 'rests' then 'No log names it and no source says that it acted in this period.'
      when 'logged' then concat('The logs name it as the actor on ', days_count, ' days of the period, the last on ', to_char(act_last_at, '%Y-%m-%d'), '.')
      when 'callerless' then concat(
        'On ', callerless_days, ' of ', days_count, ' days the log has calls of this role that do not say whose session made them.'
      )
      when 'no log' then concat('No log of ', platform, coalesce(' ' || scope, ''), ' was delivered for this period.')
      when 'future' then concat('It is said to have acted on ', to_char(last_activity_at, '%Y-%m-%d'), ', after the date of this report.')
      when 'outside the log' then concat(
        'Another source saw it act on ', to_char(last_activity_at, '%Y-%m-%d'),
        case
          when log_first_at is null then ', and no log of its platform was delivered'
          else concat('; the log delivered runs from ', to_char(log_first_at, '%Y-%m-%d'), ' to ', to_char(log_last_at, '%Y-%m-%d'))
        end,
        '.'
      )
      else concat(
        'Another source saw it act on ', to_char(last_activity_at, '%Y-%m-%d'), ', but ',
        case
          when act_last_at is null then 'the log does not name it'
          else concat('the log names it last on ', to_char(act_last_at, '%Y-%m-%d'))
        end,
        ', although it runs from ', to_char(log_first_at, '%Y-%m-%d'), ' to ', to_char(log_last_at, '%Y-%m-%d'),
        case standing when 'perhaps missing' then '; whether the log was delivered whole is not known.' else '.' end
      )
    end as reason,
    case
      when standing = 'callerless' then callerless_place
      when standing = 'logged' then place
      when standing in ('provider', 'no log') then concat(artifact, chr(31), record)
      else concat(activity_artifact, chr(31), activity_record)
    end as place,
    identity_id as identity
  from identities_judged
  union all
  select
    concat('log of ', platform, ' ', scope) as subject,
    case
      when not logged then case when identities_count = 0 then 'skip' else 'unknown' end
      when nameless_days > $shared_days_max then 'fail'
      when quiet_days > $quiet_days_max then 'unknown'
      else 'pass'
    end as outcome,
    case
      when not logged and identities_count = 0 then 'No log was delivered, and only identities that the platform runs itself live here.'
      when not logged then concat(identities_count, ' machine ', case when identities_count = 1 then 'identity lives' else 'identities live' end, ' here, and no log was delivered for this period.')
      when nameless_days > $shared_days_max then concat(
        'On ', nameless_days, ' of ', days_count, ' days an entry names only a shared or unknown actor, such as "', split_part(nameless_place, chr(31), 3),
        '"; ', $shared_days_max, ' days are allowed.'
      )
      else concat(
        'It has entries on ', days_count, ' days from ', to_char(first_at, '%Y-%m-%d'), ' to ', to_char(last_at, '%Y-%m-%d'),
        '; the longest time of the period without one is ', quiet_days, ' days, and ', $quiet_days_max, ' are allowed',
        case when quiet_days > $quiet_days_max then ' before it cannot be told from a log that was off.' else '.' end
      )
    end as reason,
    case when logged and nameless_days > $shared_days_max then nameless_place else place end as place,
    cast(null as varchar) as identity
  from places
  union all
  select
    concat('protection of the log of ', platform, ' ', scope) as subject,
    case
      when failed_place is not null then 'fail'
      when rules_count > 0 and passed_count = rules_count then 'pass'
      else 'unknown'
    end as outcome,
    case
      when failed_place is not null
        then concat('A posture tool says that ', split_part(failed_place, chr(31), 3), ' is not met by ', split_part(failed_place, chr(31), 4), '.')
      when rules_count > 0 and passed_count = rules_count
        then concat('Posture tools say that all ', rules_count, ' settings that keep its entries from being altered are met.')
      else concat(
        'Posture tools say of ', passed_count, ' of ', rules_count, ' settings that they keep its entries from being altered; the rest is to be examined.'
      )
    end as reason,
    coalesce(failed_place, passed_place, place) as place,
    cast(null as varchar) as identity
  from protection_judged
)

select
  subject,
  outcome,
  regexp_replace(reason, '\b1 days\b', '1 day', 'g') as reason,
  split_part(place, chr(31), 1) as artifact,
  split_part(place, chr(31), 2) as record,
  identity
from told
