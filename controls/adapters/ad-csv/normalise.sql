-- Accounts as PowerShell exports them.
insert into identities (
  identity_id, platform, scope, native_id, name, kind, created_at, created_at_state, enabled, last_activity_at,
  last_activity_at_state, owner_ref, purpose, artifact, record
)
select
  concat('ad:', coalesce($instance, 'unstated'), ':', lower(name)) as identity_id,
  'ad' as platform,
  coalesce($instance, 'unstated') as scope,
  sid as native_id,
  name,
  case when nullif(trim(spn), '') is not null then 'service-account' else 'account' end as kind,
  created_at,
  created_at_state,
  enabled,
  logon_at as last_activity_at,
  logon_at_state as last_activity_at_state,
  -- Where the attribute for the manager is empty, many write `owner: name` into the description.
  coalesce(
    nullif(trim(manager), ''),
    case
      when regexp_like(description, '(^|[;,|]) *owner *[:=] *[^;,| ]', 'i')
      then trim(regexp_replace(description, '^(?:.*[;,|])? *owner *[:=] *([^;,|]+)(?:[;,|].*)?$', '\1', 'i'))
    end
  ) as owner_ref,
  case when not regexp_like(description, '^ *owner *[:=][^;,|]*$', 'i') then nullif(trim(description), '') end as purpose,
  artifact,
  record
from accounts;

insert into credentials (
  credential_id, identity_id, identity_name, kind, native_id, status, created_at, created_at_state, last_rotated_at,
  last_rotated_at_state, expires_at, expires_at_state, last_used_at, last_used_at_state, weaknesses, artifact, record
)
select
  concat('ad:', coalesce($instance, 'unstated'), ':', lower(name), ' password') as credential_id,
  concat('ad:', coalesce($instance, 'unstated'), ':', lower(name)) as identity_id,
  name as identity_name,
  'password' as kind,
  sid as native_id,
  case when coalesce(enabled, true) then 'active' else 'inactive' end as status,
  created_at,
  created_at_state,
  set_at as last_rotated_at,
  set_at_state as last_rotated_at_state,
  expires_at,
  expires_at_state,
  logon_at as last_used_at,
  logon_at_state as last_used_at_state,
  -- Known only where the file has all three columns.
  case
    when no_preauthentication is not null and delegation is not null and never_expires is not null
    then concat_ws(
      ' ',
      case when no_preauthentication then 'no-preauthentication' end,
      case when delegation then 'unconstrained-delegation' end,
      case when never_expires then 'never-expires' end
    )
  end as weaknesses,
  artifact,
  record
from accounts;
