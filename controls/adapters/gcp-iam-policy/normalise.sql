-- Roles bound to service accounts. The policy does not show what a role allows: the three basic roles and the two that give power over
-- identities are known by their names, and the actions of all others stay open.
insert into entitlements (
  entitlement_id, identity_id, identity_name, via, policy, actions, resources, effect, scope, admin, admin_reason, wildcard, artifact, record
)
with
accounts as (
  select
    *,
    regexp_replace(member, '^(?:deleted:)?serviceAccount:([^?]+)(?:\?uid=.*)?$', '\1') as email
  from grants
  where regexp_like(member, '^(?:deleted:)?serviceAccount:')
)

select
  concat_ws(' ', member, role, condition) as entitlement_id,
  concat('gcp:', email) as identity_id,
  email as identity_name,
  'binding' as via,
  role as policy,
  case when role = 'roles/owner' then '*' end as actions,
  case when role = 'roles/owner' then '*' end as resources,
  'allow' as effect,
  coalesce($instance, 'unstated') as scope,
  role in ('roles/owner', 'roles/resourcemanager.projectIamAdmin', 'roles/iam.securityAdmin') as admin,
  case
    when role = 'roles/owner' then 'roles/owner allows everything in the project, the granting of roles included'
    when role in ('roles/resourcemanager.projectIamAdmin', 'roles/iam.securityAdmin') then concat(role, ' allows to grant any role')
  end as admin_reason,
  role in ('roles/owner', 'roles/editor') as wildcard,
  artifact,
  record
from accounts;
