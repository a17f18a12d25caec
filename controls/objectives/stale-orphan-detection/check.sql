-- Every machine identity and every live credential: still used, still somebody's, and at rest once it was retired or disabled.
with
-- What the credentials of an identity tell about its use.
uses as (
  select
    identity_id,
    max(last_used_at) as last_used_at,
    first_value(use_artifact order by last_used_at desc nulls last, use_artifact, use_record) as artifact,
    first_value(use_record order by last_used_at desc nulls last, use_artifact, use_record) as record,
    bool_and(last_used_at_state in ('none', 'not-applicable')) as all_unused,
    bool_or(last_used_at_state = 'none') as some_unused
  from machine_credentials
  where identity_id is not null
  group by identity_id
),

-- Users in an export that states credentials, of whom it states none: they have no way to act.
credential_exports as (
  select distinct artifact
  from credentials
),

without_credentials as (
  select distinct identities.identity_id
  from identities
  inner join credential_exports
    on credential_exports.artifact = identities.artifact
  left join uses
    on uses.identity_id = identities.identity_id
  where identities.kind = 'user'
    and uses.identity_id is null
),

-- The list of people and teams, by every way in which other sources name them.
listed_people as (
  select lower(trim(owner_ref)) as name from owners
  union
  select lower(trim(name)) as name from owners where name is not null
  union
  select lower(trim(email)) as name from owners where email is not null
),

-- The owner whom the register names, else the source; a placeholder is nobody.
owner_names as (
  select
    identity_id,
    coalesce(
      register_owner,
      case when lower(source_owner) not in ('', '-', '?', 'n/a', 'na', 'none', 'nobody', 'null', 'tbd', 'unknown') then source_owner end
    ) as owner_name
  from machine_identities
),

-- Only a whole list shows that somebody is not in it.
list_state as (
  select
    count(*) > 0 and coalesce(bool_and(coalesce(artifacts.extent = 'complete', false)), false) as whole
  from (select distinct artifact from owners) as files
  left join artifacts
    on artifacts.path = files.artifact
),

-- Identities that the register calls retired, since when it says so at the latest.
retired as (
  select
    machine_identities.identity_id,
    min(coalesce(register.expires_at, artifacts.collected_at)) as retired_by
  from machine_identities
  inner join register
    on register.artifact = machine_identities.register_artifact
    and register.record = machine_identities.register_record
  left join artifacts
    on artifacts.path = register.artifact
  where register.lifecycle = 'retired'
  group by machine_identities.identity_id
),

-- The newest statement that an identity is disabled, and since when it holds at the latest.
said_disabled as (
  select
    identities.identity_id,
    max(artifacts.collected_at) as disabled_by
  from identities
  inner join artifacts
    on artifacts.path = identities.artifact
  where identities.enabled = false
  group by identities.identity_id
),

-- What the logs say that it did; a refused call is no use.
acted as (
  select
    identity_id,
    -- Microseconds since 1970 have the same number of digits for centuries, so that the greatest text is the latest.
    max(concat(cast(at as bigint), chr(31), artifact, chr(31), record)) as latest,
    max(at) as last_at
  from events
  where identity_id is not null
    and outcome <> 'failure'
    and at between $period_from and $as_of
  group by identity_id
),

used as (
  select
    machine_identities.*,
    $idle_days_max as limit_days,
    $idle_days_max_for as limit_for,
    greatest(machine_identities.last_activity_at, uses.last_used_at, acted.last_at) as last_at,
    acted.last_at as acted_at,
    acted.latest as acted_latest,
    coalesce(acted.last_at > greatest(machine_identities.last_activity_at, uses.last_used_at), acted.last_at is not null) as by_log,
    retired.identity_id is not null as is_retired,
    retired.retired_by,
    said_disabled.disabled_by,
    coalesce(leavers.certain, false) as owner_gone,
    leavers.name is not null and not leavers.certain as owner_perhaps_gone,
    leavers.person as leaver,
    list_state.whole and listed_people.name is null and owner_names.owner_name is not null as owner_not_listed,
    owner_names.owner_name,
    coalesce(uses.last_used_at > machine_identities.last_activity_at, machine_identities.last_activity_at is null and uses.last_used_at is not null)
      as by_credential,
    uses.artifact as use_artifact,
    uses.record as use_record,
    without_credentials.identity_id is not null as no_credential,
    machine_identities.last_activity_at_state = 'none'
      or coalesce(uses.all_unused and uses.some_unused, false)
      or without_credentials.identity_id is not null as never
  from machine_identities
  left join uses
    on uses.identity_id = machine_identities.identity_id
  left join without_credentials
    on without_credentials.identity_id = machine_identities.identity_id
  cross join list_state
  left join acted
    on acted.identity_id = machine_identities.identity_id
  left join retired
    on retired.identity_id = machine_identities.identity_id
  left join said_disabled
    on said_disabled.identity_id = machine_identities.identity_id
  left join owner_names
    on owner_names.identity_id = machine_identities.identity_id
  left join listed_people
    on listed_people.name = lower(trim(owner_names.owner_name))
  left join leavers
    on leavers.name = lower(trim(owner_names.owner_name))
),

identities_judged as (
  select
    *,
    days_between(last_at, $as_of) as idle_days,
    days_between(created_at, $as_of) as age_days,
    case
      when provider_managed then 'provider'
      -- A call that was answered after the export that says so.
      when enabled = false and acted_at > disabled_by then 'disabled and acting'
      when enabled = false then 'disabled'
      when is_retired and last_at >= greatest(retired_by, $period_from) and last_at <= $as_of then 'retired and acting'
      when is_retired then 'retired'
      when last_at > $as_of then 'future'
      when days_between(last_at, $as_of) <= limit_days then 'used'
      when last_at is not null then 'idle'
      when never and created_at is null then 'never, undated'
      when never and days_between(created_at, $as_of) <= limit_days then 'new'
      when never then 'never'
      else 'not known'
    end as standing,
    coalesce(in_register and register_owner_status = 'left', false) or owner_gone as owner_left,
    coalesce(register_expires_at < $as_of, false) as entry_ended
  from used
),

at_rest as (
  select identity_id
  from machine_identities
  where enabled = false
),

live as (
  select
    machine_credentials.*,
    $idle_days_max as limit_days,
    $idle_days_max_for as limit_for,
    at_rest.identity_id is not null as identity_disabled,
    days_between(machine_credentials.last_used_at, $as_of) as idle_days,
    days_between(machine_credentials.set_at, $as_of) as age_days
  from machine_credentials
  left join at_rest
    on at_rest.identity_id = machine_credentials.identity_id
),

credentials_judged as (
  select
    *,
    case
      when status <> 'active' or expires_at <= $as_of then 'not live'
      when identity_disabled then 'disabled'
      when last_used_at > $as_of then 'future'
      when idle_days <= limit_days then 'used'
      when last_used_at is not null then 'idle'
      when last_used_at_state = 'not-applicable' then 'not tracked'
      when last_used_at_state = 'none' and (set_at is null or set_at > $as_of) then 'never, undated'
      when last_used_at_state = 'none' and age_days <= limit_days then 'new'
      when last_used_at_state = 'none' then 'never'
      else 'not known'
    end as standing
  from live
),

told as (
  select
    identity_id as subject,
    case
      when standing in ('provider', 'disabled') then 'skip'
      when standing in ('disabled and acting', 'retired and acting', 'retired') then 'fail'
      when owner_left or owner_not_listed or entry_ended then 'fail'
      when standing in ('used', 'new') and owner_perhaps_gone then 'unknown'
      when standing in ('used', 'new') then 'pass'
      when standing in ('idle', 'never') then 'fail'
      else 'unknown'
    end as outcome,
    concat(
      case standing
        when 'provider' then 'The platform made this identity and removes it itself.'
        when 'disabled' then 'It is disabled.'
        when 'disabled and acting' then concat(
          'It was stated as disabled on ', to_char(disabled_by, '%Y-%m-%d'), ', but the log has a call of it on ', to_char(acted_at, '%Y-%m-%d'), ' that was answered.'
        )
        when 'retired and acting' then concat(
          'The register calls it retired', coalesce(' by ' || to_char(retired_by, '%Y-%m-%d'), ''), ', but it was used on ', to_char(last_at, '%Y-%m-%d'), ', ', idle_days, ' days ago.'
        )
        when 'retired' then 'The register calls it retired, but it still exists and is not disabled.'
        when 'future' then concat('It is said to have acted on ', to_char(last_at, '%Y-%m-%d'), ', after the date of this report.')
        when 'used' then concat('Last used ', idle_days, ' days ago; ', limit_days, ' are allowed', limit_for, '.')
        when 'idle' then concat('Last used ', idle_days, ' days ago, on ', to_char(last_at, '%Y-%m-%d'), '; ', limit_days, ' are allowed', limit_for, '.')
        when 'new' then concat(
          case when no_credential then 'Without any credential' else 'Never used' end, ', but created only ', age_days, ' days ago; ', limit_days, ' are allowed', limit_for, '.'
        )
        when 'never' then concat(
          case when no_credential then 'Without any credential' else 'Never used' end, ' since it was created ', age_days, ' days ago; ', limit_days, ' are allowed', limit_for, '.'
        )
        when 'never, undated' then concat(
          case when no_credential then 'Without any credential' else 'Never used' end, ', and no source gives a day before this report on which it was created.'
        )
        else 'No source says when it was last used.'
      end,
      case when owner_left and standing not in ('provider', 'disabled') then concat(' Its owner has left', coalesce(': ' || owner_name, ''), '.') else '' end,
      case
        when owner_perhaps_gone and not owner_left and not owner_not_listed and standing not in ('provider', 'disabled')
          then concat(' Whether its owner, ', owner_name, ', is still there cannot be told: ', leaver, ' is said to have left.')
        else ''
      end,
      case
        when owner_not_listed and not owner_left and standing not in ('provider', 'disabled')
          then concat(' The list of owners, which is whole, does not know its owner: ', owner_name, '.')
        else ''
      end,
      case
        when entry_ended and standing not in ('provider', 'disabled')
          then concat(' The register let it end on ', to_char(register_expires_at, '%Y-%m-%d'), '.')
        else ''
      end
    ) as reason,
    case
      when by_log or standing = 'disabled and acting' then split_part(acted_latest, chr(31), 2)
      when by_credential then use_artifact
      else activity_artifact
    end as artifact,
    case
      when by_log or standing = 'disabled and acting' then split_part(acted_latest, chr(31), 3)
      when by_credential then use_record
      else activity_record
    end as record,
    identity_id as identity
  from identities_judged
  union all
  select
    credential as subject,
    case
      when standing in ('not live', 'disabled', 'not tracked') then 'skip'
      when standing in ('used', 'new') then 'pass'
      when standing in ('idle', 'never') then 'fail'
      else 'unknown'
    end as outcome,
    case standing
      when 'not live' then case
        when status = 'active' then concat('It ended on ', to_char(expires_at, '%Y-%m-%d'), '.')
        else concat('It is ', status, '.')
      end
      when 'disabled' then 'Its identity is disabled.'
      when 'not tracked' then 'The source does not record its use; its identity is tested by itself.'
      when 'future' then concat('It is said to have been used on ', to_char(last_used_at, '%Y-%m-%d'), ', after the date of this report.')
      when 'used' then concat('Last used ', idle_days, ' days ago; ', limit_days, ' are allowed', limit_for, '.')
      when 'idle' then concat('Last used ', idle_days, ' days ago, on ', to_char(last_used_at, '%Y-%m-%d'), ', and still active; ', limit_days, ' are allowed', limit_for, '.')
      when 'new' then concat('Never used, but set only ', age_days, ' days ago; ', limit_days, ' are allowed', limit_for, '.')
      when 'never' then concat('Never used since it was set ', age_days, ' days ago, and still active; ', limit_days, ' are allowed', limit_for, '.')
      when 'never, undated' then 'Never used, and no source gives a day before this report on which it was set.'
      else 'No source says when it was last used.'
    end as reason,
    use_artifact as artifact,
    use_record as record,
    identity_id as identity
  from credentials_judged
)

select
  subject,
  outcome,
  regexp_replace(reason, '\b1 days\b', '1 day', 'g') as reason,
  artifact,
  record,
  identity
from told
