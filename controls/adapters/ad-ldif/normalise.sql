-- Accounts that have a userAccountControl: users, computers and managed service accounts. Which users are people is stated in
-- tickmark.yaml.
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
  case
    when classes like '%"msds-groupmanagedserviceaccount"%' or classes like '%"msds-managedserviceaccount"%' then 'managed-service-account'
    when classes like '%"computer"%' or ends_with(name, '$') then 'computer'
    when spn is not null then 'service-account'
    else 'account'
  end as kind,
  created_at,
  created_at_state,
  (control & 2) = 0 as enabled,
  logon_at as last_activity_at,
  case when logon_at is null and logon_at_state = 'none' then 'none' else logon_at_state end as last_activity_at_state,
  -- Where the attribute for the manager is empty, many write `owner: name` into the description.
  coalesce(
    manager,
    case
      when regexp_like(description, '(^|[;,|]) *owner *[:=] *[^;,| ]', 'i')
      then trim(regexp_replace(description, '^(?:.*[;,|])? *owner *[:=] *([^;,|]+)(?:[;,|].*)?$', '\1', 'i'))
    end
  ) as owner_ref,
  case when not regexp_like(description, '^ *owner *[:=][^;,|]*$', 'i') then nullif(trim(description), '') end as purpose,
  artifact,
  record
from accounts;

-- The password, which is also the Kerberos key. A date of zero means that it must be changed at the next log-on. Managed accounts
-- change theirs by themselves. krbtgt is always disabled, and its key signs every ticket.
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
  case when (control & 2) = 0 or lower(name) = 'krbtgt' then 'active' else 'inactive' end as status,
  created_at,
  created_at_state,
  set_at as last_rotated_at,
  case when set_at is null and set_at_state = 'none' then 'unknown' else set_at_state end as last_rotated_at_state,
  expires_at,
  expires_at_state,
  logon_at as last_used_at,
  logon_at_state as last_used_at_state,
  -- Domain controllers (8192) are trusted for delegation by design.
  concat_ws(
    ' ',
    case when (control & 4194304) <> 0 then 'no-preauthentication' end,
    case when (control & 524288) <> 0 and (control & 8192) = 0 then 'unconstrained-delegation' end,
    case when (control & 128) <> 0 then 'reversible-encryption' end,
    case when (control & 2097152) <> 0 then 'des-only' end,
    case when (control & 32) <> 0 then 'password-not-required' end,
    case when (control & 65536) <> 0 then 'never-expires' end
  ) as weaknesses,
  artifact,
  record
from accounts
where classes not like '%"msds-groupmanagedserviceaccount"%' ;

-- Direct memberships of accounts; the primary group and groups within groups are not in the attribute.
insert into memberships (
  identity_id, group_id, artifact, record
)
select
  concat('ad:', coalesce($instance, 'unstated'), ':', lower(name)) as identity_id,
  concat('group:ad:', group_dn) as group_id,
  artifact,
  record
from groups
where control is not null;

-- What a group allows stands in the systems that use it; only the groups that rule the domain are known by name.
insert into entitlements (
  entitlement_id, identity_id, via, policy, effect, scope, admin, admin_reason, wildcard, artifact, record
)
select
  concat('ad:', coalesce($instance, 'unstated'), ':', lower(name), ' ', group_dn) as entitlement_id,
  concat('ad:', coalesce($instance, 'unstated'), ':', lower(name)) as identity_id,
  'group' as via,
  group_dn as policy,
  'allow' as effect,
  coalesce($instance, 'unstated') as scope,
  regexp_like(group_dn, '^CN=(Domain Admins|Enterprise Admins|Schema Admins|Administrators|Account Operators|Backup Operators),') as admin,
  case
    when regexp_like(group_dn, '^CN=(Domain Admins|Enterprise Admins|Schema Admins|Administrators|Account Operators|Backup Operators),')
    then concat(regexp_replace(group_dn, '^CN=([^,]+),.*$', '\1'), ' is a group that rules the domain')
  end as admin_reason,
  false as wildcard,
  artifact,
  record
from groups
where control is not null;
