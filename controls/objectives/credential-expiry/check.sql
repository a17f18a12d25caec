-- Every live credential of a machine identity: does it end by itself, and within the longest life that its kind may have?
with
-- What the newest statement says of settings that keep a credential from ending.
settings as (
  select artifact, record, credential_id, min(weaknesses) as weaknesses
  from credentials
  where weaknesses is not null
  group by artifact, record, credential_id
),

measured as (
  select
    machine_credentials.*,
    machine_identities.platform,
    settings.weaknesses,
    case
      when $register_end_counts and machine_credentials.expires_at is null then machine_identities.register_expires_at
    end as register_end,
    coalesce(
      machine_credentials.expires_at,
      case when $register_end_counts then machine_identities.register_expires_at end
    ) as end_at,
    case machine_credentials.kind
      when 'password' then $password_life_days_max
      when 'token' then $token_life_days_max
      when 'service-account-token' then $token_life_days_max
      when 'signing-certificate' then $certificate_life_days_max
      when 'certificate' then $certificate_life_days_max
      else $secret_life_days_max
    end as limit_days
  from machine_credentials
  left join machine_identities
    on machine_identities.identity_id = machine_credentials.identity_id
  left join settings
    on settings.artifact = machine_credentials.artifact
    and settings.record = machine_credentials.record
    and settings.credential_id = machine_credentials.credential_id
),

judged as (
  select
    *,
    days_between(set_at, end_at) as life_days,
    days_between($as_of, end_at) as left_days,
    case
      when status <> 'active' or expires_at <= $as_of then 'not live'
      when expires_at_state = 'not-applicable' then 'cannot'
      when end_at < set_at then 'impossible'
      when end_at is not null and days_between(set_at, end_at) <= limit_days then 'short'
      when end_at is not null and days_between(coalesce(set_at, $as_of), end_at) > limit_days then 'long'
      when end_at is not null then 'undated'
      -- A directory states the end of the account; the password itself ends by the policy of the domain unless it is set never to.
      when kind = 'password' and expires_at_state = 'none' and weaknesses is not null and weaknesses not like '%never-expires%' then 'by policy'
      when expires_at_state = 'none' then 'never'
      else 'not known'
    end as standing
  from measured
),

told as (
  select
    credential as subject,
    case standing
      when 'not live' then 'skip'
      when 'cannot' then 'skip'
      when 'short' then 'pass'
      when 'long' then 'fail'
      when 'never' then 'fail'
      else 'unknown'
    end as outcome,
    concat(
      case standing
        when 'not live' then case
          when status = 'active' then concat('It ended on ', to_char(expires_at, '%Y-%m-%d'))
          else concat('It is ', status, ' and cannot be used')
        end
        when 'cannot' then concat('An end does not apply to a ', replace(kind, '-', ' '), ' of this source')
        when 'impossible' then concat('It is said to end on ', to_char(end_at, '%Y-%m-%d'), ', before it was set on ', to_char(set_at, '%Y-%m-%d'))
        when 'short' then concat('It ends on ', to_char(end_at, '%Y-%m-%d'), ', ', life_days, ' days after it was set; ', limit_days, ' are allowed')
        when 'long' then case
          when set_at is not null then concat('It ends on ', to_char(end_at, '%Y-%m-%d'), ', ', life_days, ' days after it was set; ', limit_days, ' are allowed')
          else concat('It ends on ', to_char(end_at, '%Y-%m-%d'), ', only in ', left_days, ' days; ', limit_days, ' are allowed in all')
        end
        when 'undated' then concat(
          'It ends on ', to_char(end_at, '%Y-%m-%d'), ', in ', left_days, ' days; no source says since when it lives, and ', limit_days, ' days are allowed in all'
        )
        when 'by policy' then 'Its account never ends; when the password itself must change is set by the policy of the domain, which no export shows'
        when 'never' then concat(
          'It never ends', coalesce(' (set ' || days_between(set_at, $as_of) || ' days ago, on ' || to_char(set_at, '%Y-%m-%d') || ')', ''), '; ', limit_days, ' days are allowed'
        )
        else concat('The source does not say whether it ends; ', limit_days, ' days are allowed')
      end,
      case when standing in ('short', 'long', 'undated') and register_end is not null then ', by the register of identities' else '' end,
      '.'
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
