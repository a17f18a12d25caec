-- Who may use, see and administer the accounts of a safe.
insert into entitlements (
  entitlement_id, identity_id, identity_name, via, policy, actions, resources, effect, scope, admin, admin_reason, wildcard,
  artifact, record
)
select
  concat_ws(' ', safe, member, location) as entitlement_id,
  concat_ws('@', concat('cyberark:', member), nullif(location, '')) as identity_id,
  member as identity_name,
  'direct' as via,
  concat('member of safe ', safe) as policy,
  concat_ws(', ', case when use then 'use' end, case when retrieve then 'retrieve' end, case when manage then 'manage' end, case when members then 'manage members' end) as actions,
  safe as resources,
  'allow' as effect,
  safe as scope,
  coalesce(members, false) as admin,
  case when members then 'ManageSafeMembers allows to let anybody in' end as admin_reason,
  false as wildcard,
  artifact,
  record
from members;
