-- Every identity that a pipeline, a cluster, another account or everybody may assume, and whether its trust settings admit only who is meant;
-- and every result of a posture tool about pipelines.
with
own_accounts as (
  select distinct trim(account) as account
  from (select unnest(string_to_array($own_accounts, ',')) as account)
  where trim(account) <> ''
  union
  select distinct scope as account
  from identities
  where lower(platform) = 'aws'
    and scope is not null
),

-- Services of the platform itself are no members: they are not pipelines, clusters or accounts.
read_trusts as (
  select
    identity_id,
    principal_kind,
    principal,
    conditions,
    artifact,
    record,
    split_part(identity_id, ':', 5) as home,
    regexp_replace(principal, '^(?:arn:[a-z-]+:(?:iam|sts)::)?([0-9]{12})(?::.*)?$', '\1') as account,
    -- The values of the first condition on the subject of the token, as JSON text.
    case
      when conditions like '%:sub":%' then regexp_replace(conditions, '^.*?:sub":("[^"]*"|\[[^\]]*\]).*$', '\1')
    end as subjects,
    coalesce(conditions like '%"sts:ExternalId"%' or conditions like '%"sts:externalid"%', false) as external_id,
    coalesce(
      conditions like '%"aws:PrincipalOrgID"%' or conditions like '%"aws:PrincipalArn"%' or conditions like '%"aws:PrincipalAccount"%'
        or conditions like '%"aws:SourceAccount"%' or conditions like '%"aws:SourceArn"%',
      false
    ) as narrowed,
    coalesce(conditions like '%"StringNot%' or conditions like '%:StringNot%', false) as by_denial
  from trusts
  where effect = 'allow'
    and principal_kind <> 'Service'
),

weighed as (
  select
    read_trusts.*,
    case
      when principal = '*' and (external_id or narrowed) then 'everybody, narrowed'
      when principal = '*' or starts_with(principal, 'everybody but ') then 'everybody'
      when principal_kind = 'Federated' and principal like '%:saml-provider/%' then 'people'
      when principal_kind = 'Federated' and subjects is not null and by_denial then 'not understood'
      when principal_kind = 'Federated' and regexp_like(subjects, '"(repo:|project_path:)?[*?]+"|"repo:[^/"]*[*?]|"repo:[^/"]+/[^:"]*[*?]|"project_path:[^:"]*[*?]')
        then 'any repository'
      when principal_kind = 'Federated' and regexp_like(subjects, '"(repo|project_path):[^"]*[*?]') and $any_branch_allowed then 'pinned'
      when principal_kind = 'Federated' and regexp_like(subjects, '"(repo|project_path):[^"]*[*?]') then 'any branch'
      when principal_kind = 'Federated' and regexp_like(subjects, '[*?]') then 'any subject'
      when principal_kind = 'Federated' and subjects is not null then 'pinned'
      when principal_kind = 'Federated' and (conditions is null or not regexp_like(conditions, '":(?:"|\[|\{)') or regexp_like(conditions, '^\{"[A-Za-z:]+":\{"[^"]*:aud":[^}]*\}\}$'))
        then 'no subject'
      when principal_kind = 'Federated' then 'not understood'
      when principal_kind = 'AWS' and read_trusts.account = home then 'own account'
      when principal_kind = 'AWS' and own_accounts.account is not null then 'account of the organisation'
      when principal_kind = 'AWS' and regexp_like(read_trusts.account, '^[0-9]{12}$') and (external_id or narrowed) then 'foreign, narrowed'
      when principal_kind = 'AWS' and regexp_like(read_trusts.account, '^[0-9]{12}$') then 'foreign'
      else 'not understood'
    end as standing
  from read_trusts
  left join own_accounts
    on own_accounts.account = read_trusts.account
),

-- The widest trust speaks for the identity.
worst as (
  select
    *,
    count(*) over (partition by identity_id) as trusts_count
  from (select distinct identity_id, principal, conditions, standing, subjects, account, artifact, record from weighed)
  qualify row_number() over (
    partition by identity_id
    order by
      case
        when standing = 'everybody' then 1
        when standing in ('any repository', 'no subject', 'any subject') then 2
        when standing = 'foreign' then 3
        when standing = 'any branch' then 4
        when standing = 'not understood' then 5
        when standing = 'people' then 7
        else 6
      end,
      artifact,
      record,
      principal,
      conditions
  ) = 1
),

posture_rules as (
  select distinct trim(rule) as rule
  from (select unnest(string_to_array(lower($posture_rules), ',')) as rule)
  where trim(rule) <> ''
),

-- Results of posture tools about pipelines; the newest counts where several exports hold the same one.
results as (
  select
    concat(posture.tool, ': ', posture.rule, ' on ', posture.resource) as subject,
    posture.status,
    posture.severity,
    posture.message,
    posture.artifact,
    posture.record,
    posture.identity_id
  from posture
  inner join posture_rules
    on starts_with(lower(posture.rule), posture_rules.rule)
    or starts_with(lower(concat(posture.tool, ':')), posture_rules.rule)
  left join artifacts
    on artifacts.path = posture.artifact
  qualify row_number() over (
    partition by concat(posture.tool, ': ', posture.rule, ' on ', posture.resource)
    order by artifacts.collected_at desc nulls last, (posture.status = 'fail') desc, posture.artifact, posture.record, posture.result_id, posture_rules.rule
  ) = 1
),

told as (
  select
    worst.identity_id as subject,
    case worst.standing
      when 'people' then 'skip'
      when 'not understood' then 'unknown'
      when 'pinned' then 'pass'
      when 'own account' then 'pass'
      when 'account of the organisation' then 'pass'
      when 'foreign, narrowed' then 'pass'
      when 'everybody, narrowed' then 'pass'
      else 'fail'
    end as outcome,
    concat(
      case worst.standing
        when 'everybody' then concat('Everybody may assume it, in whatever account: the principal is ', worst.principal)
        when 'everybody, narrowed' then 'The principal is everybody, narrowed by a condition'
        when 'people' then concat('People sign in to it through ', split_part(worst.principal, '/', -1), '; that is no pipeline')
        when 'any repository' then concat('Any repository or project that fits ', worst.subjects, ' may assume it')
        when 'any branch' then concat('Any branch, tag and pull request that fits ', worst.subjects, ' may assume it, not one branch or environment')
        when 'any subject' then concat('The condition on the subject holds a wildcard: ', worst.subjects)
        when 'no subject' then concat('No condition limits the subject of the token: whoever ', split_part(worst.principal, 'oidc-provider/', -1), ' vouches for may assume it')
        when 'foreign' then concat('Account ', worst.account, ' is outside the organisation and may assume it without an external id')
        when 'foreign, narrowed' then concat('Account ', worst.account, ' is outside the organisation and may assume it with an external id or a like condition only')
        when 'own account' then 'Only identities of its own account may assume it'
        when 'account of the organisation' then concat('Account ', worst.account, ' of the organisation may assume it')
        when 'pinned' then concat('Only ', worst.subjects, ' may assume it')
        else concat('Whom it admits is not understood here: ', worst.principal, coalesce(' under ' || left(worst.conditions, 120), ''))
      end,
      case when worst.trusts_count > 1 then concat(' (the widest of ', worst.trusts_count, ' trusts)') else '' end,
      '.'
    ) as reason,
    worst.artifact,
    worst.record,
    worst.identity_id as identity
  from worst
  union all
  select
    subject,
    case status
      when 'pass' then 'pass'
      when 'fail' then 'fail'
      when 'muted' then 'skip'
      else 'unknown'
    end as outcome,
    concat(
      case status
        when 'pass' then 'The tool finds nothing wrong'
        when 'fail' then 'The tool reports it'
        when 'muted' then 'Somebody muted it in the tool'
        else 'The tool could not tell'
      end,
      coalesce(' (' || severity || ')', ''),
      coalesce(': ' || nullif(trim(trim(message), '.'), ''), ''),
      '.'
    ) as reason,
    artifact,
    record,
    identity_id as identity
  from results
)

select
  subject,
  outcome,
  reason,
  artifact,
  record,
  identity
from told
