-- Service accounts of one cluster. An IAM role in the annotation eks.amazonaws.com/role-arn is no owner, purpose or grant of the
-- cluster, and so it is not taken over: the role's own trust policy says who may assume it.
insert into identities (
  identity_id, platform, scope, native_id, name, kind, created_at, created_at_state,
  last_activity_at_state, owner_ref, purpose, environment, artifact, record
)
with
accounts as (
  select namespace, name, created_at, created_at_state, artifact, record from listed
  union all
  select namespace, name, created_at, created_at_state, artifact, record from single
),

-- Annotations and labels such as `example.com/owner`; what stands before the slash is each organisation's own.
noted as (
  select
    namespace,
    name,
    max(case when key = 'owner' or ends_with(key, '/owner') then nullif(trim(value), '') end) as owner_ref,
    max(case when key = 'purpose' or ends_with(key, '/purpose') then nullif(trim(value), '') end) as purpose,
    max(case when key in ('environment', 'env') or ends_with(key, '/environment') then nullif(trim(value), '') end) as environment
  from notes
  group by namespace, name
)

select
  concat('k8s:', coalesce($instance, 'unstated'), ':', accounts.namespace, '/', accounts.name) as identity_id,
  'kubernetes' as platform,
  coalesce($instance, 'unstated') as scope,
  concat('system:serviceaccount:', accounts.namespace, ':', accounts.name) as native_id,
  concat(accounts.namespace, '/', accounts.name) as name,
  'service-account' as kind,
  accounts.created_at,
  accounts.created_at_state,
  'unknown' as last_activity_at_state,
  noted.owner_ref,
  noted.purpose,
  noted.environment,
  accounts.artifact,
  accounts.record
from accounts
left join noted
  on noted.namespace = accounts.namespace
  and noted.name = accounts.name;

-- Groups that Kubernetes itself puts every service account into.
insert into memberships (identity_id, group_id, artifact, record)
with
accounts as (
  select namespace, name, artifact, record from listed
  union all
  select namespace, name, artifact, record from single
),

joined as (
  select namespace, name, 'system:serviceaccounts' as group_name, artifact, record from accounts
  union all
  select namespace, name, concat('system:serviceaccounts:', namespace) as group_name, artifact, record from accounts
  union all
  select namespace, name, 'system:authenticated' as group_name, artifact, record from accounts
)

select
  concat('k8s:', coalesce($instance, 'unstated'), ':', namespace, '/', name) as identity_id,
  concat('group:k8s:', coalesce($instance, 'unstated'), ':', group_name) as group_id,
  artifact,
  record
from joined;
