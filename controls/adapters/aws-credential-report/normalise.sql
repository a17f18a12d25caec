-- Users of the account, the root user included, each with the latest use of a credential that the report knows of.
insert into identities (
  identity_id, platform, scope, native_id, name, kind, created_at, created_at_state,
  last_activity_at, last_activity_at_state, artifact, record
)
with
named as (
  select
    *,
    case
      when regexp_like(arn, '^arn:[a-z-]+:iam::[0-9]{12}:root$') then arn
      when regexp_like(arn, '^arn:[a-z-]+:iam::[0-9]{12}:user/.') then concat(substr(arn, 1, strpos(arn, ':user/') + 5), user_name)
    end as identity_id,
    coalesce(password_enabled, password_used_at is not null) as has_password,
    coalesce(key_1_active, false) or key_1_rotated_at is not null or key_1_used_at is not null as has_key_1,
    coalesce(key_2_active, false) or key_2_rotated_at is not null or key_2_used_at is not null as has_key_2,
    coalesce(certificate_1_active, false) or coalesce(certificate_2_active, false) as has_certificate
  from users
),

-- AWS records the use of keys since 2015-04-22 and that of passwords without a gap since 2018-05-23:
-- "never used" is proved only for what is younger. The use of signing certificates is not in the report.
judged as (
  select
    *,
    not has_key_1 or coalesce(key_1_used_at_state = 'none' and key_1_rotated_at >= timestamp '2015-04-22T00:00:00', false) as key_1_unused,
    not has_key_2 or coalesce(key_2_used_at_state = 'none' and key_2_rotated_at >= timestamp '2015-04-22T00:00:00', false) as key_2_unused,
    not has_password
      or coalesce(
        password_used_at_state in ('none', 'unknown') and created_at >= timestamp '2018-05-23T21:08:00',
        false
      ) as password_unused
  from named
)

select
  identity_id,
  'aws' as platform,
  split_part(arn, ':', 5) as scope,
  arn as native_id,
  case when ends_with(arn, ':root') then 'root' else user_name end as name,
  case when ends_with(arn, ':root') then 'root' else 'user' end as kind,
  created_at,
  created_at_state,
  greatest(password_used_at, key_1_used_at, key_2_used_at) as last_activity_at,
  case
    when coalesce(password_used_at, key_1_used_at, key_2_used_at) is not null then 'known'
    -- Without any credential there is nothing through which the report could have seen it act.
    when not (has_password or has_key_1 or has_key_2) or has_certificate then 'unknown'
    when password_unused and key_1_unused and key_2_unused then 'none'
    else 'unknown'
  end as last_activity_at_state,
  artifact,
  record
from judged;

-- Access keys, one row for each slot that holds a key. An access key has no end of its own.
insert into credentials (
  credential_id, identity_id, identity_name, kind, slot, status, created_at, created_at_state,
  last_rotated_at, last_rotated_at_state, expires_at_state, last_used_at, last_used_at_state, artifact, record
)
with
slots as (
  select
    user_name, arn, 1 as slot, key_1_active as active,
    key_1_rotated_at as rotated_at, key_1_rotated_at_state as rotated_at_state,
    key_1_used_at as used_at, key_1_used_at_state as used_at_state, artifact, record
  from users
  union all
  select
    user_name, arn, 2 as slot, key_2_active as active,
    key_2_rotated_at as rotated_at, key_2_rotated_at_state as rotated_at_state,
    key_2_used_at as used_at, key_2_used_at_state as used_at_state, artifact, record
  from users
),

keys as (
  select
    *,
    case
      when regexp_like(arn, '^arn:[a-z-]+:iam::[0-9]{12}:root$') then arn
      when regexp_like(arn, '^arn:[a-z-]+:iam::[0-9]{12}:user/.') then concat(substr(arn, 1, strpos(arn, ':user/') + 5), user_name)
    end as identity_id
  from slots
  where coalesce(active, false)
    or rotated_at is not null
    or used_at is not null
)

select
  identity_id || ' access key ' || slot as credential_id,
  identity_id,
  user_name as identity_name,
  'access-key' as kind,
  slot,
  case when active then 'active' when not active then 'inactive' end as status,
  rotated_at as created_at,
  rotated_at_state as created_at_state,
  rotated_at as last_rotated_at,
  rotated_at_state as last_rotated_at_state,
  'none' as expires_at_state,
  used_at as last_used_at,
  case
    when used_at_state <> 'none' then used_at_state
    -- AWS records the use of keys since this day; an older key may have been used before.
    when rotated_at >= timestamp '2015-04-22T00:00:00' then 'none'
    else 'unknown'
  end as last_used_at_state,
  artifact,
  record
from keys;

-- Console passwords. The report tells when a password was last changed, not when there first was one.
insert into credentials (
  credential_id, identity_id, identity_name, kind, status, created_at_state,
  last_rotated_at, last_rotated_at_state, expires_at, expires_at_state, last_used_at, last_used_at_state, artifact, record
)
with
passwords as (
  select
    *,
    case
      when regexp_like(arn, '^arn:[a-z-]+:iam::[0-9]{12}:root$') then arn
      when regexp_like(arn, '^arn:[a-z-]+:iam::[0-9]{12}:user/.') then concat(substr(arn, 1, strpos(arn, ':user/') + 5), user_name)
    end as identity_id
  from users
  -- For the root user AWS says `not_supported`: whether it has a password the report does not tell.
  where password_enabled
)

select
  identity_id || ' password' as credential_id,
  identity_id,
  user_name as identity_name,
  'password' as kind,
  'active' as status,
  'unknown' as created_at_state,
  password_changed_at as last_rotated_at,
  password_changed_at_state as last_rotated_at_state,
  password_expires_at as expires_at,
  password_expires_at_state as expires_at_state,
  password_used_at as last_used_at,
  case
    when password_used_at is not null then 'known'
    -- `no_information` is what AWS writes for a password that was never used. Sign-ins of May 2018 and before
    -- October 2014 are not recorded, so only the password of a younger user is proved to be unused.
    when password_used_at_state in ('none', 'unknown') and created_at >= timestamp '2018-05-23T21:08:00' then 'none'
    else 'unknown'
  end as last_used_at_state,
  artifact,
  record
from passwords;

-- Signing certificates. The report tells neither their end nor their use.
insert into credentials (
  credential_id, identity_id, identity_name, kind, slot, status, created_at, created_at_state,
  last_rotated_at, last_rotated_at_state, expires_at_state, last_used_at_state, artifact, record
)
with
slots as (
  select
    user_name, arn, 1 as slot, certificate_1_active as active,
    certificate_1_rotated_at as rotated_at, certificate_1_rotated_at_state as rotated_at_state, artifact, record
  from users
  union all
  select
    user_name, arn, 2 as slot, certificate_2_active as active,
    certificate_2_rotated_at as rotated_at, certificate_2_rotated_at_state as rotated_at_state, artifact, record
  from users
),

signing_certificates as (
  select
    *,
    case
      when regexp_like(arn, '^arn:[a-z-]+:iam::[0-9]{12}:root$') then arn
      when regexp_like(arn, '^arn:[a-z-]+:iam::[0-9]{12}:user/.') then concat(substr(arn, 1, strpos(arn, ':user/') + 5), user_name)
    end as identity_id
  from slots
  where coalesce(active, false)
    or rotated_at is not null
)

select
  identity_id || ' signing certificate ' || slot as credential_id,
  identity_id,
  user_name as identity_name,
  'signing-certificate' as kind,
  slot,
  case when active then 'active' when not active then 'inactive' end as status,
  rotated_at as created_at,
  rotated_at_state as created_at_state,
  rotated_at as last_rotated_at,
  rotated_at_state as last_rotated_at_state,
  'unknown' as expires_at_state,
  'unknown' as last_used_at_state,
  artifact,
  record
from signing_certificates;
