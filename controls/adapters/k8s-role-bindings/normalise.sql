-- Roles bound to service accounts, users and groups. A binding does not show what its role allows: only cluster-admin and admin, which
-- Kubernetes itself brings, are known by their names, and the actions of all other roles stay open.
insert into entitlements (
  entitlement_id, identity_id, identity_name, via, policy, actions, resources, effect, scope,
  admin, admin_reason, wildcard, artifact, record
)
with
placed as (
  select
    *,
    coalesce($instance, 'unstated') as cluster,
    coalesce(kind, replace(list_kind, 'List', '')) as binding_kind,
    -- A user of this form is the service account of that name.
    regexp_like(subject_name, '^system:serviceaccount:[^:]+:[^:]+$') as names_account
  from subjects
),

read_bindings as (
  select
    *,
    case
      when subject_kind = 'ServiceAccount' and subject_namespace is not null
      then concat('k8s:', cluster, ':', subject_namespace, '/', subject_name)
      when subject_kind in ('User', 'SystemUser') and names_account
      then concat('k8s:', cluster, ':', split_part(subject_name, ':', 3), '/', split_part(subject_name, ':', 4))
      when subject_kind in ('User', 'SystemUser') then concat('k8s:', cluster, ':user:', subject_name)
      when subject_kind in ('Group', 'SystemGroup') then concat('group:k8s:', cluster, ':', subject_name)
    end as identity_id,
    case
      when subject_kind = 'ServiceAccount' then concat(subject_namespace, '/', subject_name)
      when subject_kind in ('User', 'SystemUser') and names_account
      then concat(split_part(subject_name, ':', 3), '/', split_part(subject_name, ':', 4))
      else subject_name
    end as identity_name,
    -- Without a kind, only a binding of the whole cluster has no namespace.
    case
      when binding_kind = 'ClusterRoleBinding' or (binding_kind is null and namespace is null) then cluster
      when namespace is not null then concat(cluster, '/', namespace)
    end as scope,
    binding_kind = 'ClusterRoleBinding' or (binding_kind is null and namespace is null) as cluster_wide,
    coalesce(role_kind, 'ClusterRole') = 'ClusterRole' and role_name = 'cluster-admin' as everything,
    -- It writes nearly everything in a namespace and gives out its rights there.
    coalesce(role_kind, 'ClusterRole') = 'ClusterRole' and role_name = 'admin' as administers
  from placed
),

numbered as (
  select
    *,
    concat_ws(' ', identity_id, 'binding', coalesce(namespace || '/' || binding, binding), role_kind, role_name) as grant_id,
    -- The same account may stand in one binding twice: as an account and as a user.
    row_number() over (
      partition by identity_id, coalesce(binding_kind, ''), coalesce(namespace, ''), binding, coalesce(role_kind, ''), role_name
      order by record
    ) as place
  from read_bindings
)

select
  grant_id as entitlement_id,
  identity_id,
  identity_name,
  'binding' as via,
  role_name as policy,
  case when everything then '*' end as actions,
  case when everything then '*' end as resources,
  'allow' as effect,
  scope,
  (everything and cluster_wide) or administers as admin,
  case
    when administers
    then concat('binding ', binding, ' gives the role admin of Kubernetes ', case when cluster_wide then 'in every namespace' else concat('in the namespace ', namespace) end, ', which may write nearly everything there and hand out its rights')
    when everything and cluster_wide
    then concat('binding ', binding, ' gives cluster-admin in the whole cluster, which allows every verb on every resource')
  end as admin_reason,
  -- cluster-admin in one namespace allows everything there, but not in the cluster.
  everything as wildcard,
  artifact,
  record
from numbered
where place = 1
  or identity_id is null;
