-- Every live credential of a machine identity, and whether its secret was replaced within the allowed age and after every known leak.
with
-- Places where a scanner found the credential itself; a finding that somebody dismissed does not count.
leaks as (
  select
    credential_native_id,
    count(distinct concat(file, coalesce(' line ' || line, ''))) as places_count,
    min(concat(file, coalesce(' line ' || line, ''))) as first_place,
    min(seen_at) as first_seen_at
  from findings
  where credential_native_id is not null
    and status <> 'dismissed'
  group by credential_native_id
),

aged as (
  select
    machine_credentials.*,
    days_between(machine_credentials.set_at, $as_of) as age_days,
    case when machine_credentials.kind = 'password' then $password_age_days_max else $age_days_max end as limit_days,
    case when machine_credentials.kind = 'password' then $password_age_days_max_for else $age_days_max_for end as limit_for,
    machine_credentials.expires_at <= $as_of as ended,
    leaks.places_count,
    leaks.first_place,
    leaks.first_seen_at
  from machine_credentials
  left join leaks
    on leaks.credential_native_id = machine_credentials.native_id
),

judged as (
  select
    *,
    case
      when status <> 'active' or ended then 'not live'
      when places_count > 0 then 'leaked'
      when set_at is null then 'undated'
      when age_days < 0 then 'future'
      when age_days <= limit_days then 'young'
      else 'old'
    end as standing
  from aged
),

told as (
  select
    credential as subject,
    case standing
      when 'not live' then 'skip'
      when 'young' then 'pass'
      when 'undated' then 'unknown'
      when 'future' then 'unknown'
      else 'fail'
    end as outcome,
    concat(
      case standing
        when 'not live' then case
          when status = 'active' then concat('It ended on ', to_char(expires_at, '%Y-%m-%d'), ' and cannot be used.')
          else concat('It is ', status, ' and cannot be used.')
        end
        when 'leaked' then concat(
          'It is still active although a scanner found it in ', first_place,
          case when places_count > 1 then concat(' and ', places_count - 1, ' more places') else '' end,
          coalesce(', first seen on ' || to_char(first_seen_at, '%Y-%m-%d'), ''),
          case when age_days >= 0 then concat('; set ', age_days, ' days ago, ', limit_days, ' allowed', limit_for, '.') else '.' end
        )
        when 'undated' then 'No source says when it was set or last replaced.'
        when 'future' then concat('It is said to have been set on ', to_char(set_at, '%Y-%m-%d'), ', after the date of this report.')
        else concat(
          'Set ', age_days, ' days ago, on ', to_char(set_at, '%Y-%m-%d'), '; ', limit_days, ' are allowed', limit_for, '.'
        )
      end,
      coalesce(' The sources disagree: ' || status_conflict || '.', ''),
      case when identity_known then '' else ' No export lists its identity.' end
    ) as reason,
    artifact,
    record,
    identity_id as identity
  from judged
)

select
  subject,
  outcome,
  regexp_replace(reason, '\b1 days\b', '1 day', 'g') as reason,
  artifact,
  record,
  identity
from told
