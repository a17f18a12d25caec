-- Every live credential of a machine identity, and whether its secret was replaced within the allowed age, after every known leak, before a newer one of its kind, and as a ticket claims.
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

renewed_kinds as (
  select distinct trim(kind) as kind
  from (select unnest(string_to_array(lower($renewed_kinds), ',')) as kind)
),

-- The newest live credential of each kind of an identity: the older ones should have gone when it came.
newest as (
  select machine_credentials.identity_id, machine_credentials.kind, max(machine_credentials.set_at) as newest_set_at
  from machine_credentials
  inner join renewed_kinds
    on renewed_kinds.kind = machine_credentials.kind
  where machine_credentials.status = 'active'
    and not coalesce(machine_credentials.expires_at <= $as_of, false)
    and machine_credentials.identity_id is not null
    and machine_credentials.set_at <= $as_of
  group by machine_credentials.identity_id, machine_credentials.kind
),

rotation_words as (
  select distinct trim(word) as word
  from (select unnest(string_to_array(lower($rotation_words), ',')) as word)
  where trim(word) <> ''
),

-- Finished tickets that say that the credential of an identity was replaced; the latest counts.
claims as (
  select ticket_mentions.identity_id, tickets.ticket_id, tickets.status, tickets.created_at, tickets.resolved_at
  from tickets
  inner join rotation_words
    on strpos(lower(concat_ws(' ', tickets.summary, tickets.labels)), rotation_words.word) > 0
  inner join ticket_mentions
    on ticket_mentions.artifact = tickets.artifact
    and ticket_mentions.record = tickets.record
    and ticket_mentions.ticket_id = tickets.ticket_id
  where tickets.status_class = 'done'
    and tickets.resolved_at <= $as_of
    and ticket_mentions.way in ('id', 'name')
  qualify row_number() over (
    partition by ticket_mentions.identity_id
    order by tickets.resolved_at desc, tickets.created_at desc nulls last, tickets.ticket_id, tickets.artifact, tickets.record
  ) = 1
),

-- A claim is contradicted when the system shows no credential of the identity that was set since the ticket was opened, some days allowed.
shown as (
  select
    identity_id,
    max(set_at) as last_set_at,
    bool_or(set_at is null and status = 'active') as some_undated
  from machine_credentials
  where identity_id is not null
  group by identity_id
),

contradicted as (
  select claims.*, shown.last_set_at
  from claims
  inner join shown
    on shown.identity_id = claims.identity_id
  where not shown.some_undated
    and days_between(shown.last_set_at, coalesce(claims.created_at, claims.resolved_at)) > $claim_days_before
),

aged as (
  select
    machine_credentials.*,
    days_between(newest.newest_set_at, $as_of) as newer_days,
    -- Two exports may state the time of one key a moment apart: only another day makes a newer one.
    days_between(machine_credentials.set_at, newest.newest_set_at) >= 1 as has_newer,
    newest.newest_set_at,
    contradicted.ticket_id as claim_id,
    contradicted.resolved_at as claimed_at,
    contradicted.last_set_at,
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
  left join newest
    on newest.identity_id = machine_credentials.identity_id
    and newest.kind = machine_credentials.kind
  left join contradicted
    on contradicted.identity_id = machine_credentials.identity_id
),

judged as (
  select
    *,
    case
      when status <> 'active' or ended then 'not live'
      when places_count > 0 then 'leaked'
      when set_at is null then 'undated'
      when age_days < 0 then 'future'
      when claim_id is not null then 'contradicted'
      when has_newer and newer_days > $overlap_days_max then 'replaced, still active'
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
        when 'contradicted' then concat(
          claim_id, ' says that it was replaced, closed on ', to_char(claimed_at, '%Y-%m-%d'), '; the system contradicts: nothing of this identity was set after ',
          to_char(last_set_at, '%Y-%m-%d'), '. Set ', age_days, ' days ago; ', limit_days, ' are allowed.'
        )
        when 'replaced, still active' then concat(
          'A newer credential of the same kind was set ', newer_days, ' days ago, on ', to_char(newest_set_at, '%Y-%m-%d'), ', and this one is still active; ',
          $overlap_days_max, ' days are allowed for the change. Set ', age_days, ' days ago; ', limit_days, ' are allowed.'
        )
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
    identity_id as identity,
    standing = 'contradicted' or (status_conflict is not null and standing not in ('not live', 'young')) as contradicted
  from judged
)

select
  subject,
  outcome,
  regexp_replace(reason, '\b1 days\b', '1 day', 'g') as reason,
  artifact,
  record,
  identity,
  contradicted
from told
