-- Every enabled machine identity and every live credential, and whether it is still used and still belongs to somebody.
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

used as (
  select
    machine_identities.*,
    greatest(machine_identities.last_activity_at, uses.last_used_at) as last_at,
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
),

identities_judged as (
  select
    *,
    days_between(last_at, $as_of) as idle_days,
    days_between(created_at, $as_of) as age_days,
    case
      when provider_managed then 'provider'
      when enabled = false then 'disabled'
      when last_at > $as_of then 'future'
      when days_between(last_at, $as_of) <= $idle_days_max then 'used'
      when last_at is not null then 'idle'
      when never and created_at is null then 'never, undated'
      when never and days_between(created_at, $as_of) <= $idle_days_max then 'new'
      when never then 'never'
      else 'not known'
    end as standing,
    coalesce(in_register and register_owner_status = 'left', false) as owner_left,
    coalesce(register_expires_at < $as_of, false) as entry_ended
  from used
),

live as (
  select
    machine_credentials.*,
    coalesce(machine_identities.enabled = false, false) as identity_disabled,
    days_between(machine_credentials.last_used_at, $as_of) as idle_days,
    days_between(machine_credentials.set_at, $as_of) as age_days
  from machine_credentials
  left join machine_identities
    on machine_identities.identity_id = machine_credentials.identity_id
),

credentials_judged as (
  select
    *,
    case
      when status <> 'active' or expires_at <= $as_of then 'not live'
      when identity_disabled then 'disabled'
      when last_used_at > $as_of then 'future'
      when idle_days <= $idle_days_max then 'used'
      when last_used_at is not null then 'idle'
      when last_used_at_state = 'not-applicable' then 'not tracked'
      when last_used_at_state = 'none' and set_at is null then 'never, undated'
      when last_used_at_state = 'none' and age_days <= $idle_days_max then 'new'
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
      when owner_left or entry_ended then 'fail'
      when standing in ('used', 'new') then 'pass'
      when standing in ('idle', 'never') then 'fail'
      else 'unknown'
    end as outcome,
    concat(
      case standing
        when 'provider' then 'The platform made this identity and removes it itself.'
        when 'disabled' then 'It is disabled.'
        when 'future' then concat('It is said to have acted on ', to_char(last_at, '%Y-%m-%d'), ', after the date of this report.')
        when 'used' then concat('Last used ', idle_days, ' days ago; ', $idle_days_max, ' are allowed.')
        when 'idle' then concat('Last used ', idle_days, ' days ago, on ', to_char(last_at, '%Y-%m-%d'), '; ', $idle_days_max, ' are allowed.')
        when 'new' then concat(
          case when no_credential then 'Without any credential' else 'Never used' end, ', but created only ', age_days, ' days ago; ', $idle_days_max, ' are allowed.'
        )
        when 'never' then concat(
          case when no_credential then 'Without any credential' else 'Never used' end, ' since it was created ', age_days, ' days ago; ', $idle_days_max, ' are allowed.'
        )
        when 'never, undated' then concat(
          case when no_credential then 'Without any credential' else 'Never used' end, ', and no source says when it was created.'
        )
        else 'No source says when it was last used.'
      end,
      case when owner_left and standing not in ('provider', 'disabled') then concat(' Its owner has left', coalesce(': ' || register_owner, ''), '.') else '' end,
      case
        when entry_ended and standing not in ('provider', 'disabled')
          then concat(' The register let it end on ', to_char(register_expires_at, '%Y-%m-%d'), '.')
        else ''
      end
    ) as reason,
    case when by_credential then use_artifact else activity_artifact end as artifact,
    case when by_credential then use_record else activity_record end as record,
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
      when 'used' then concat('Last used ', idle_days, ' days ago; ', $idle_days_max, ' are allowed.')
      when 'idle' then concat('Last used ', idle_days, ' days ago, on ', to_char(last_used_at, '%Y-%m-%d'), ', and still active; ', $idle_days_max, ' are allowed.')
      when 'new' then concat('Never used, but set only ', age_days, ' days ago; ', $idle_days_max, ' are allowed.')
      when 'never' then concat('Never used since it was set ', age_days, ' days ago, and still active; ', $idle_days_max, ' are allowed.')
      when 'never, undated' then 'Never used, and no source says when it was set.'
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
