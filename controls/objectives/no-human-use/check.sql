-- Every machine identity, and whether a person could log in with it or did, by its password and by what the logs say.
with
console_platforms as (
  select distinct trim(platform) as platform
  from (select unnest(string_to_array(lower($console_platforms), ',')) as platform)
),

-- The password of an identity to point at: a live one, else the one used last.
passwords as (
  select
    *,
    status = 'active' and not coalesce(expires_at <= $as_of, false) as live
  from machine_credentials
  where kind = 'password'
    and identity_id is not null
  qualify row_number() over (
    partition by identity_id
    order by (status = 'active') desc, last_used_at desc nulls last, artifact, record, credential
  ) = 1
),

-- Identities in an export that states passwords: an export that states none for them shows that they have none.
password_exports as (
  select distinct artifact
  from credentials
  where kind = 'password'
),

stated as (
  select identities.identity_id, identities.artifact, identities.record
  from identities
  inner join password_exports
    on password_exports.artifact = identities.artifact
  qualify row_number() over (partition by identities.identity_id order by identities.artifact, identities.record) = 1
),

-- Days of the period on which a log shows a person at work as the identity; a log-in that was refused is none.
hands_on_days as (
  select
    identity_id,
    date_trunc('day', at) as day,
    max(concat(to_char(at, '%Y-%m-%d %H:%M:%S'), chr(31), artifact, chr(31), record, chr(31), log, chr(31), action)) as latest
  from events
  where interactive
    and outcome <> 'failure'
    and identity_id is not null
    and at between $period_from and $period_to
  group by identity_id, date_trunc('day', at)
),

hands_on as (
  select identity_id, count(*) as days_count, max(day) as last_day, max(latest) as latest
  from hands_on_days
  group by identity_id
),

judged as (
  select
    machine_identities.*,
    passwords.last_used_at as password_used_at,
    coalesce(passwords.use_artifact, stated.artifact) as password_artifact,
    coalesce(passwords.use_record, stated.record) as password_record,
    passwords.status as password_status,
    hands_on.days_count as hands_on_days,
    hands_on.last_day as hands_on_last,
    hands_on.latest as hands_on_latest,
    case
      when hands_on.identity_id is not null then 'by hand'
      when machine_identities.provider_managed then 'provider'
      when passwords.live and console_platforms.platform is not null then 'console'
      when passwords.live then 'password'
      when passwords.last_used_at >= $period_from and console_platforms.platform is not null then 'was used'
      -- Where the workload itself uses the password, its use in the period may have been a person's.
      when passwords.identity_id is not null and console_platforms.platform is null and passwords.last_used_at_state <> 'none'
        and coalesce(passwords.last_used_at >= $period_from, true) then 'inactive by now'
      when passwords.identity_id is not null then 'no longer'
      when machine_identities.kind in ('role', 'service-account') then 'cannot'
      when stated.identity_id is not null then 'none'
      else 'not covered'
    end as standing
  from machine_identities
  left join passwords
    on passwords.identity_id = machine_identities.identity_id
  left join console_platforms
    on console_platforms.platform = machine_identities.platform
  left join stated
    on stated.identity_id = machine_identities.identity_id
  left join hands_on
    on hands_on.identity_id = machine_identities.identity_id
)

select
  identity_id as subject,
  case standing
    when 'provider' then 'skip'
    when 'cannot' then 'skip'
    when 'no longer' then 'pass'
    when 'none' then 'pass'
    when 'password' then 'unknown'
    when 'inactive by now' then 'unknown'
    when 'not covered' then 'unknown'
    else 'fail'
  end as outcome,
  case standing
    when 'by hand' then concat(
      'A person worked as this identity on ', hands_on_days, case when hands_on_days = 1 then ' day' else ' days' end, ' of the period, the last on ', to_char(hands_on_last, '%Y-%m-%d'),
      ' (', split_part(hands_on_latest, chr(31), 5), ' in the log ', split_part(hands_on_latest, chr(31), 4), ')',
      case password_status when 'active' then ', and a password is enabled.' else '.' end
    )
    when 'provider' then 'The platform made this identity and runs it; nobody can log in with it.'
    when 'console' then concat(
      'A password for the console is enabled',
      case
        when password_used_at is not null
          then concat(', and was last used on ', to_char(password_used_at, '%Y-%m-%d'), ', ', days_between(password_used_at, $as_of), ' days ago')
        else ''
      end,
      '.'
    )
    when 'password' then concat(
      'On ', platform, ' the workload itself uses the password; no export shows whether people do too',
      case when password_used_at is not null then concat(' (last used on ', to_char(password_used_at, '%Y-%m-%d'), ')') else '' end,
      '.'
    )
    when 'was used' then concat(
      'The password for the console is ', password_status, ' now, but was used in this period, on ', to_char(password_used_at, '%Y-%m-%d'), '.'
    )
    when 'inactive by now' then concat(
      'Its password is ', password_status, ' now; on ', platform, ' the workload itself used it',
      case when password_used_at is not null then concat(', last on ', to_char(password_used_at, '%Y-%m-%d')) else '' end,
      ', and no export shows whether people did too in this period.'
    )
    when 'no longer' then concat('Its password is ', password_status, ', and no use in this period is on record.')
    when 'cannot' then concat('A ', replace(kind, '-', ' '), ' on ', platform, ' has no password; who may act as it is a matter of its trust settings.')
    when 'none' then 'The export that states passwords states none for it.'
    else 'No export that states passwords lists it.'
  end as reason,
  case when standing = 'by hand' then split_part(hands_on_latest, chr(31), 2) else coalesce(password_artifact, artifact) end as artifact,
  case when standing = 'by hand' then split_part(hands_on_latest, chr(31), 3) else coalesce(password_record, record) end as record,
  identity_id as identity
from judged
