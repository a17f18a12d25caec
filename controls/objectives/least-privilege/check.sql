-- Every machine identity, and whether it holds administrative or wildcard grants, by itself or through groups, or grants that it does not use.
with recursive
-- Roles and groups of which it is known without their rules that they are limited.
known_roles as (
  select distinct trim(name) as name
  from (select unnest(string_to_array(lower($known_roles), ',')) as name)
),

-- Holders of grants that no export lists; groups and people are not machine identities.
unlisted as (
  select
    entitlements.identity_id,
    min(coalesce(entitlements.identity_name, entitlements.identity_id)) as name
  from entitlements
  left join identities
    on identities.identity_id = entitlements.identity_id
  left join people
    on entitlements.identity_id like people.pattern
  where identities.identity_id is null
    and people.pattern is null
    and not starts_with(entitlements.identity_id, 'group:')
  group by entitlements.identity_id
),

population as (
  select
    identity_id, name, lower(platform) as platform, lower(scope) as scope, provider_managed, coalesce(enabled = false, false) as disabled, true as listed,
    artifact, record
  from machine_identities
  union all
  select
    unlisted.identity_id, unlisted.name, cast(null as varchar) as platform, cast(null as varchar) as scope, false as provider_managed, false as disabled,
    false as listed,
    first.artifact, first.record
  from unlisted
  inner join (
    select *
    from entitlements
    qualify row_number() over (partition by identity_id order by artifact, record, entitlement_id) = 1
  ) as first
    on first.identity_id = unlisted.identity_id
),

-- Everything that an identity holds grants as: itself, its groups, and the groups that those belong to.
holders as (
  select identity_id, identity_id as holder
  from population
  union
  select holders.identity_id, memberships.group_id as holder
  from holders
  inner join memberships
    on memberships.identity_id = holders.holder
),

grants as (
  select
    holders.identity_id,
    entitlements.entitlement_id,
    entitlements.policy,
    entitlements.admin,
    entitlements.wildcard,
    entitlements.actions,
    entitlements.resources,
    concat(
      entitlements.policy,
      case when holders.holder <> holders.identity_id then concat(' through ', holders.holder) else '' end,
      coalesce(' on ' || entitlements.scope, '')
    ) as shown,
    entitlements.admin_reason,
    -- A binding names a role, a membership a group and an assignment a package; none shows what that allows.
    not entitlements.admin
      and not entitlements.wildcard
      and (entitlements.via = 'binding' or (entitlements.via in ('group', 'package') and holders.holder = holders.identity_id))
      and entitlements.actions is null
      and known_roles.name is null as opaque,
    entitlements.artifact,
    entitlements.record
  from holders
  inner join entitlements
    on entitlements.identity_id = holders.holder
  left join known_roles
    on known_roles.name = regexp_replace(lower(entitlements.policy), '^cn=([^,]+),.*$', '\1')
  where entitlements.effect = 'allow'
),

-- The grant to point at: an administrative one if there is any, else one with a wildcard, else one that nobody can read, else the first.
pointed as (
  select *
  from grants
  qualify row_number() over (
    partition by identity_id
    order by admin desc, wildcard desc, opaque desc, artifact, record, entitlement_id, shown
  ) = 1
),

totals as (
  select
    identity_id,
    count(distinct shown) as grants_count,
    count(distinct shown) filter (where admin) as admin_count,
    count(distinct shown) filter (where wildcard and not admin) as wildcard_count,
    count(distinct shown) filter (where opaque) as opaque_count
  from grants
  group by identity_id
),

-- Where the exports would have shown a grant: platforms and accounts with grants, and exports that list identities with grants.
covered_places as (
  select distinct lower(identities.platform) as platform, lower(identities.scope) as scope
  from entitlements
  inner join identities
    on identities.identity_id = entitlements.identity_id
),

covered_ids as (
  select identities.identity_id, identities.artifact, identities.record
  from identities
  inner join (select distinct artifact from entitlements) as granting
    on granting.artifact = identities.artifact
  qualify row_number() over (partition by identities.identity_id order by identities.artifact, identities.record) = 1
),

-- What an analyser of the platform says about unused access; the newest statement counts.
analysed as (
  select
    posture.identity_id,
    posture.rule,
    posture.artifact,
    posture.record,
    posture.status
  from posture
  left join artifacts
    on artifacts.path = posture.artifact
  where posture.tool = 'access-analyzer'
    and posture.rule in ('UnusedPermission', 'UnusedIAMRole')
    and posture.identity_id is not null
  qualify row_number() over (
    partition by posture.identity_id, posture.result_id
    order by artifacts.collected_at desc nulls last, (posture.status = 'fail') desc, posture.artifact, posture.record
  ) = 1
),

unused_by_analyser as (
  select *
  from analysed
  where status = 'fail'
  qualify row_number() over (partition by identity_id order by rule, artifact, record) = 1
),

-- The last use of an identity that any source shows: its own, its credentials', the logs'.
credential_uses as (
  select
    identity_id,
    max(last_used_at) as last_at,
    bool_and(last_used_at_state in ('none', 'not-applicable')) as all_unused
  from machine_credentials
  where identity_id is not null
  group by identity_id
),

logged as (
  select identity_id, max(at) as last_at
  from events
  where identity_id is not null
    and outcome <> 'failure'
  group by identity_id
),

-- Identities of which the analyser says that they use what they hold.
used_by_analyser as (
  select identity_id
  from analysed
  group by identity_id
  having bool_and(status = 'pass')
),

uses as (
  select
    population.identity_id,
    greatest(machine_identities.last_activity_at, credential_uses.last_at, logged.last_at) as last_at,
    machine_identities.created_at,
    machine_identities.last_activity_at_state = 'none' or (machine_identities.kind = 'user' and coalesce(credential_uses.all_unused, false)) as never
  from population
  left join machine_identities
    on machine_identities.identity_id = population.identity_id
  left join credential_uses
    on credential_uses.identity_id = population.identity_id
  left join logged
    on logged.identity_id = population.identity_id
),

-- Services that a grant names and services that the log shows in use; a log that starts within the period cannot show what was not used.
cloud_log as (
  select
    identity_id,
    lower(split_part(action, ':', 1)) as service,
    min(at) as first_at
  from events
  where log = 'cloudtrail'
    and identity_id is not null
  group by identity_id, lower(split_part(action, ':', 1))
),

log_reach as (
  select min(first_at) as first_at
  from cloud_log
),

used_services as (
  select distinct identity_id, service
  from cloud_log
),

granted_services as (
  select distinct identity_id, shown, lower(split_part(action, ':', 1)) as service
  from (select identity_id, shown, unnest(string_to_array(actions, ' ')) as action from grants where not admin and not wildcard and starts_with(identity_id, 'arn:'))
  where action like '%:%'
    and not starts_with(action, '!')
),

-- Grants of identities in the log of which no service was used in the period.
idle_grants as (
  select identity_id, count(*) as idle_count, min(shown) as idle_shown
  from (
    select granted_services.identity_id, granted_services.shown, bool_or(used_services.service is not null) as used
    from granted_services
    inner join (select distinct identity_id from used_services) as seen
      on seen.identity_id = granted_services.identity_id
    left join used_services
      on used_services.identity_id = granted_services.identity_id
      and used_services.service = granted_services.service
    group by granted_services.identity_id, granted_services.shown
  )
  where not used
  group by identity_id
),

judged as (
  select
    population.*,
    days_between(uses.last_at, $as_of) as idle_days,
    days_between(uses.created_at, $as_of) as age_days,
    uses.last_at,
    unused_by_analyser.rule as analyser_rule,
    case when log_reach.first_at <= $period_from then idle_grants.idle_count end as idle_count,
    idle_grants.idle_shown,
    pointed.shown,
    pointed.actions,
    pointed.resources,
    pointed.admin_reason,
    coalesce(
      case when unused_by_analyser.identity_id is not null and totals.admin_count = 0 and totals.wildcard_count = 0 then unused_by_analyser.artifact end,
      pointed.artifact, covered_ids.artifact
    ) as grant_artifact,
    coalesce(
      case when unused_by_analyser.identity_id is not null and totals.admin_count = 0 and totals.wildcard_count = 0 then unused_by_analyser.record end,
      pointed.record, covered_ids.record
    ) as grant_record,
    coalesce(totals.grants_count, 0) as grants_count,
    coalesce(totals.admin_count, 0) as admin_count,
    coalesce(totals.wildcard_count, 0) as wildcard_count,
    coalesce(totals.opaque_count, 0) as opaque_count,
    case
      when population.provider_managed then 'provider'
      when totals.admin_count > 0 then 'admin'
      when totals.wildcard_count > 0 and not $wildcard_allowed then 'wildcard'
      when unused_by_analyser.identity_id is not null and totals.grants_count > 0 then 'unused, analysed'
      when totals.grants_count > 0 and days_between(uses.last_at, $as_of) > $unused_days_max then 'unused'
      when totals.grants_count > 0 and uses.last_at is null and uses.never and days_between(uses.created_at, $as_of) > $unused_days_max then 'never used'
      when $log_complete and idle_grants.idle_count > 0 and log_reach.first_at <= $period_from then 'idle grants'
      when totals.opaque_count > 0 then 'opaque'
      when totals.grants_count > 0 and population.disabled then 'disabled'
      when totals.grants_count > 0 and uses.last_at > $as_of then 'future'
      when totals.grants_count > 0 and (uses.last_at is not null or used_by_analyser.identity_id is not null) then 'limited'
      when totals.grants_count > 0 and uses.never and uses.created_at is not null then 'new'
      when totals.grants_count > 0 then 'use not known'
      when covered_places.platform is not null or covered_ids.identity_id is not null then 'none'
      else 'not covered'
    end as standing
  from population
  cross join log_reach
  left join uses
    on uses.identity_id = population.identity_id
  left join unused_by_analyser
    on unused_by_analyser.identity_id = population.identity_id
  left join used_by_analyser
    on used_by_analyser.identity_id = population.identity_id
  left join idle_grants
    on idle_grants.identity_id = population.identity_id
  left join totals
    on totals.identity_id = population.identity_id
  left join pointed
    on pointed.identity_id = population.identity_id
  left join covered_places
    on covered_places.platform = population.platform
    and covered_places.scope = population.scope
  left join covered_ids
    on covered_ids.identity_id = population.identity_id
),

said as (
  select
    *,
    case when grants_count = 1 then 'Its one grant is not administrative' else concat('None of its ', grants_count, ' grants is administrative') end as limited_said
  from judged
),

told as (
  select
    identity_id as subject,
    case standing
      when 'provider' then 'skip'
      when 'admin' then 'fail'
      when 'wildcard' then 'fail'
      when 'unused, analysed' then 'fail'
      when 'unused' then 'fail'
      when 'never used' then 'fail'
      when 'idle grants' then 'fail'
      when 'opaque' then 'unknown'
      when 'use not known' then 'unknown'
      when 'future' then 'unknown'
      when 'not covered' then 'unknown'
      else 'pass'
    end as outcome,
    concat(
      case standing
        when 'provider' then 'The platform made this identity and sets its grants itself.'
        when 'admin' then concat(
          case
            when grants_count = 1 then 'Its one grant is'
            else concat(admin_count, ' of ', grants_count, ' grants ', case when admin_count = 1 then 'is' else 'are' end)
          end,
          ' administrative: ', shown,
          coalesce(' (' || admin_reason || ')', ''),
          case when admin_count > 1 then concat(' and ', admin_count - 1, ' more') else '' end,
          '.'
        )
        when 'wildcard' then concat(
          case
            when grants_count = 1 then 'Its one grant holds'
            else concat(wildcard_count, ' of ', grants_count, ' grants ', case when wildcard_count = 1 then 'holds' else 'hold' end)
          end,
          ' a bare wildcard: ', shown,
          coalesce(' (' || left(actions, 60) || ' on ' || left(resources, 60) || ')', ''),
          case when wildcard_count > 1 then concat(' and ', wildcard_count - 1, ' more') else '' end,
          '.'
        )
        when 'opaque' then concat(
          case
            when grants_count = 1 then 'What its one grant allows'
            else concat('What ', opaque_count, ' of ', grants_count, ' grants ', case when opaque_count = 1 then 'allows' else 'allow' end)
          end,
          ' is in no export: ', shown,
          case when opaque_count > 1 then concat(' and ', opaque_count - 1, ' more') else '' end,
          '.'
        )
        when 'unused, analysed' then concat(
          'The platform''s analyser reports access that it did not use (', analyser_rule, '); it holds ', grants_count, case when grants_count = 1 then ' grant.' else ' grants.' end
        )
        when 'unused' then concat(
          'It holds ', grants_count, case when grants_count = 1 then ' grant' else ' grants' end, ' and used none for ', idle_days, ' days, since ',
          to_char(last_at, '%Y-%m-%d'), '; ', $unused_days_max, ' are allowed.'
        )
        when 'never used' then concat(
          'It holds ', grants_count, case when grants_count = 1 then ' grant' else ' grants' end, ' and used none since it was created ', age_days, ' days ago; ',
          $unused_days_max, ' are allowed.'
        )
        when 'idle grants' then concat(
          idle_count, ' of its ', grants_count, ' grants ', case when idle_count = 1 then 'allows' else 'allow' end, ' services that no event of this period shows in use: ',
          idle_shown, case when idle_count > 1 then concat(' and ', idle_count - 1, ' more') else '' end, '.'
        )
        when 'limited' then concat(
          limited_said,
          coalesce('; it last acted ' || idle_days || ' days ago, ' || $unused_days_max || ' are allowed', '; the platform''s analyser says that it uses what it holds'),
          case when idle_count > 0 then concat('; the log shows no use of ', idle_shown, case when idle_count > 1 then concat(' and ', idle_count - 1, ' more') else '' end) else '' end,
          case when wildcard_count > 0 then concat('; ', wildcard_count, ' with a bare wildcard, which is allowed here') else '' end,
          '.'
        )
        when 'disabled' then concat(limited_said, ', and it is disabled.')
        when 'new' then concat(limited_said, '; never used, and created ', age_days, ' days ago, ', $unused_days_max, ' are allowed.')
        when 'future' then concat(limited_said, '; it is said to have acted on ', to_char(last_at, '%Y-%m-%d'), ', after the date of this report.')
        when 'use not known' then concat(limited_said, '; no source says whether it acts.')
        when 'none' then 'The exports of its place show no grant for it.'
        else 'No export of grants covers its platform and account.'
      end,
      case when listed then '' else ' No export lists this identity.' end
    ) as reason,
    coalesce(grant_artifact, artifact) as artifact,
    coalesce(grant_record, record) as record,
    case when listed then identity_id end as identity
  from said
)

select
  subject,
  outcome,
  regexp_replace(reason, '\b1 days\b', '1 day', 'g') as reason,
  artifact,
  record,
  identity
from told
