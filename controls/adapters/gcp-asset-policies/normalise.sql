-- Roles bound to service accounts on every resource of the search. What a role allows is not in the answer.
insert into entitlements (
  entitlement_id, identity_id, identity_name, via, policy, actions, resources, effect, scope, admin, admin_reason, wildcard,
  artifact, record
)
with
accounts as (
  select *, regexp_replace(member, '^(?:deleted:)?serviceAccount:([^?]+)(?:\?uid=.*)?$', '\1') as email
  from grants
  where regexp_like(member, '^(?:deleted:)?serviceAccount:')
)

select
  concat_ws(' ', resource, member, role, condition) as entitlement_id,
  concat('gcp:', email) as identity_id,
  email as identity_name,
  'binding' as via,
  role as policy,
  case when role = 'roles/owner' then '*' end as actions,
  resource as resources,
  'allow' as effect,
  resource as scope,
  role in ('roles/owner', 'roles/resourcemanager.projectIamAdmin', 'roles/iam.securityAdmin') as admin,
  case when role in ('roles/owner', 'roles/resourcemanager.projectIamAdmin', 'roles/iam.securityAdmin') then concat(role, ' on ', resource, ' allows to grant any role') end as admin_reason,
  role in ('roles/owner', 'roles/editor') as wildcard,
  artifact,
  record
from accounts;
