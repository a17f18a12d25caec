-- Users and roles of the account. Roles under the path /aws-service-role/ belong to AWS, which alone can change them: they are left out everywhere.
insert into identities (
  identity_id, platform, scope, native_id, name, kind, created_at, created_at_state,
  last_activity_at, last_activity_at_state, owner_ref, purpose, environment, artifact, record
)
with
tagged as (
  select
    holder_arn,
    max(case when lower(key) = 'owner' then nullif(trim(value), '') end) as owner_ref,
    max(case when lower(key) = 'purpose' then nullif(trim(value), '') end) as purpose,
    max(case when lower(key) in ('environment', 'env') then nullif(trim(value), '') end) as environment
  from tags
  group by holder_arn
)

select
  case
    when regexp_like(holders.arn, '^arn:[a-z-]+:iam::[0-9]{12}:(user|role)/.')
    then regexp_replace(holders.arn, '^(arn:[a-z-]+:iam::[0-9]{12}:(user|role)/).*$', '\1') || coalesce(holders.user_name, holders.role_name)
  end as identity_id,
  'aws' as platform,
  split_part(holders.arn, ':', 5) as scope,
  holders.arn as native_id,
  coalesce(holders.user_name, holders.role_name) as name,
  case holders.list when 'UserDetailList' then 'user' when 'RoleDetailList' then 'role' end as kind,
  holders.created_at,
  holders.created_at_state,
  holders.used_at as last_activity_at,
  case
    when holders.used_at is not null then 'known'
    -- AWS looks back 400 days; a role without a date was not used in that time. Of users this export tells nothing.
    when holders.role_last_used is not null then 'none'
    else 'unknown'
  end as last_activity_at_state,
  tagged.owner_ref,
  tagged.purpose,
  tagged.environment,
  holders.artifact,
  holders.record
from holders
left join tagged
  on tagged.holder_arn = holders.arn
where holders.list <> 'GroupDetailList'
  and strpos(holders.arn, ':role/aws-service-role/') = 0;

-- Groups of users. A group is named without its path, like every identity here.
insert into memberships (identity_id, group_id, artifact, record)
with
members as (
  select distinct
    arn,
    regexp_replace(arn, '^(arn:[a-z-]+:iam::[0-9]{12}:)user/.*$', '\1user/') || user_name as identity_id,
    regexp_replace(arn, '^(arn:[a-z-]+:iam::[0-9]{12}:)user/.*$', 'group:\1group/') as group_prefix
  from holders
  where list = 'UserDetailList'
    and regexp_like(arn, '^arn:[a-z-]+:iam::[0-9]{12}:user/.')
)

select
  members.identity_id,
  members.group_prefix || group_names.group_name as group_id,
  group_names.artifact,
  group_names.record
from group_names
inner join members
  on members.arn = group_names.holder_arn;

-- Grants: each policy that a user, group or role holds, one row for what it allows and one for what it denies.
-- A group's grants reach its members, see memberships. Permission boundaries and denials can narrow a grant; they are not weighed here.
insert into entitlements (
  entitlement_id, identity_id, identity_name, via, policy, actions, resources, effect, scope,
  admin, admin_reason, wildcard, artifact, record
)
with
grantees as (
  select distinct
    arn,
    case
      when regexp_like(arn, '^arn:[a-z-]+:iam::[0-9]{12}:(user|group|role)/.')
      then case when list = 'GroupDetailList' then 'group:' else '' end
        || regexp_replace(arn, '^(arn:[a-z-]+:iam::[0-9]{12}:(user|group|role)/).*$', '\1')
        || coalesce(user_name, group_name, role_name)
    end as identity_id,
    coalesce(user_name, group_name, role_name) as identity_name,
    case when list = 'GroupDetailList' then 'group' else 'direct' end as via,
    split_part(arn, ':', 5) as scope
  from holders
  where strpos(arn, ':role/aws-service-role/') = 0
),

statements as (
  select
    concat(holder_arn, ' ', policy_name) as policy_key,
    place, effect, actions, not_actions, resources, not_resources, conditions
  from inline_statements
  union all
  select
    policy_arn as policy_key,
    place, effect, actions, not_actions, resources, not_resources, conditions
  from managed_statements
  where coalesce(is_default, version_id = default_version_id, false)
),

-- The lists are JSON text here, so that a pattern with its quotes meets a whole entry.
read_statements as (
  select
    policy_key,
    place,
    lower(effect) as effect,
    -- An exclamation mark stands before what a statement leaves out (NotAction, NotResource).
    nullif(
      concat_ws(
        ' ',
        regexp_replace(replace(actions, '","', ' '), '^\["?|"?\]$', '', 'g'),
        case when not_actions <> '[]' then concat('!', regexp_replace(replace(not_actions, '","', ' !'), '^\["?|"?\]$', '', 'g')) end
      ),
      ''
    ) as actions_text,
    nullif(
      concat_ws(
        ' ',
        regexp_replace(replace(resources, '","', ' '), '^\["?|"?\]$', '', 'g'),
        case when not_resources <> '[]' then concat('!', regexp_replace(replace(not_resources, '","', ' !'), '^\["?|"?\]$', '', 'g')) end
      ),
      ''
    ) as resources_text,
    coalesce(regexp_like(actions, '"[*]+(:[*]+)?"'), false) as every_action,
    coalesce(regexp_like(actions, '"([*]+|[A-Za-z0-9*?-]+:[*]+)"'), false) as whole_service,
    not_actions is not null as all_but_actions,
    coalesce(regexp_like(resources, '"([*]+|arn:[*:]+)"'), false) as every_resource,
    not_resources is not null as all_but_resources,
    coalesce(conditions, '{}') <> '{}' as conditioned
  from statements
),

policies as (
  select
    policy_key,
    effect,
    string_agg(actions_text, ' ' order by place) as actions,
    string_agg(resources_text, ' ' order by place) as resources,
    bool_or(effect = 'allow' and every_action and every_resource) as admin,
    bool_or(effect = 'allow' and every_action and every_resource and not conditioned) as admin_without_condition,
    bool_or(
      effect = 'allow'
      and (whole_service or all_but_actions)
      and (every_resource or all_but_resources)
    ) as wildcard
  from read_statements
  group by policy_key, effect
),

held as (
  select
    holder_arn, policy_name, concat(holder_arn, ' ', policy_name) as policy_key, 'inline' as manner,
    false as managed_by_aws, artifact, record
  from inline_policies
  union all
  select
    holder_arn, policy_name, policy_arn as policy_key, 'attached' as manner,
    regexp_like(policy_arn, '^arn:[a-z-]+:iam::aws:policy/') as managed_by_aws, artifact, record
  from attached_policies
),

weighed as (
  select
    held.*,
    policies.actions,
    policies.resources,
    -- Documents of AWS managed policies are often left out of the export; those that only deny are known by name.
    case
      when policies.effect is not null then policies.effect
      when held.managed_by_aws and (held.policy_name = 'AWSDenyAll' or starts_with(held.policy_name, 'AWSCompromisedKeyQuarantine')) then 'deny'
      else 'allow'
    end as effect,
    case
      when policies.effect is not null then policies.admin
      when held.managed_by_aws then ends_with(held.policy_key, ':policy/AdministratorAccess')
      -- An inline policy without statements grants nothing. A policy of the account whose document is missing stays
      -- open, and so its row is rejected.
      when held.manner = 'inline' then false
    end as admin,
    case
      when policies.effect is not null then policies.wildcard
      when held.managed_by_aws
      then held.policy_name in ('AdministratorAccess', 'PowerUserAccess')
        -- By this name AWS calls the policies that give all actions of a service.
        or ends_with(held.policy_name, 'FullAccess')
      when held.manner = 'inline' then false
    end as wildcard,
    case
      when policies.admin_without_condition then concat('policy ', held.policy_name, ' allows every action on every resource')
      when policies.admin then concat('policy ', held.policy_name, ' allows every action on every resource, under a condition')
      when policies.effect is null and held.managed_by_aws and ends_with(held.policy_key, ':policy/AdministratorAccess')
      then 'the AWS managed policy AdministratorAccess allows every action on every resource'
    end as admin_reason
  from held
  left join policies
    on policies.policy_key = held.policy_key
)

select
  concat(
    grantees.identity_id, ' ', weighed.manner, ' ',
    case when weighed.manner = 'attached' then weighed.policy_key else weighed.policy_name end,
    case when weighed.effect = 'deny' then ' deny' else '' end
  ) as entitlement_id,
  grantees.identity_id,
  grantees.identity_name,
  grantees.via,
  weighed.policy_name as policy,
  weighed.actions,
  weighed.resources,
  weighed.effect,
  grantees.scope,
  weighed.effect = 'allow' and weighed.admin as admin,
  weighed.admin_reason,
  weighed.effect = 'allow' and weighed.wildcard as wildcard,
  weighed.artifact,
  weighed.record
from weighed
inner join grantees
  on grantees.arn = weighed.holder_arn;

-- Who may assume each role.
insert into trusts (identity_id, principal_kind, principal, conditions, effect, artifact, record)
with
principals as (
  select role_arn, effect, principal_kind, principal, conditions, artifact, record
  from trust_principals
  union all
  -- A bare asterisk means everybody, in whatever account.
  select role_arn, effect, 'AWS' as principal_kind, principal, conditions, artifact, record
  from trust_statements
  where principal = '*'
  union all
  select role_arn, effect, 'other' as principal_kind, concat('everybody but ', not_principal) as principal, conditions, artifact, record
  from trust_statements
  where not_principal is not null
),

roles as (
  select distinct
    arn,
    regexp_replace(arn, '^(arn:[a-z-]+:iam::[0-9]{12}:role/).*$', '\1') || role_name as identity_id
  from holders
  where list = 'RoleDetailList'
    and regexp_like(arn, '^arn:[a-z-]+:iam::[0-9]{12}:role/.')
    and strpos(arn, ':role/aws-service-role/') = 0
)

select
  roles.identity_id,
  case when principals.principal_kind in ('Service', 'AWS', 'Federated') then principals.principal_kind else 'other' end as principal_kind,
  principals.principal,
  nullif(principals.conditions, '{}') as conditions,
  case when lower(principals.effect) in ('allow', 'deny') then lower(principals.effect) end as effect,
  principals.artifact,
  principals.record
from principals
inner join roles
  on roles.arn = principals.role_arn;
