-- Every machine identity, and whether it holds administrative or wildcard grants, by itself or through groups.
with recursive
-- Holders of grants that no export lists; groups and people are not machine identities.
unlisted as (
  select
    entitlements.identity_id,
    min(coalesce(entitlements.identity_name, entitlements.identity_id)) as name
  from entitlements
  left join identities
    on identities.identity_id = entitlements.identity_id
  left join people
    on entitlements.identity_id like people.pattern
  where identities.identity_id is null
    and people.pattern is null
    and not starts_with(entitlements.identity_id, 'group:')
  group by entitlements.identity_id
),

population as (
  select identity_id, name, lower(platform) as platform, lower(scope) as scope, provider_managed, true as listed, artifact, record
  from machine_identities
  union all
  select unlisted.identity_id, unlisted.name, null, null, false, false, first.artifact, first.record
  from unlisted
  inner join (
    select *
    from entitlements
    qualify row_number() over (partition by identity_id order by artifact, record, entitlement_id) = 1
  ) as first
    on first.identity_id = unlisted.identity_id
),

-- Everything that an identity holds grants as: itself, its groups, and the groups that those belong to.
holders as (
  select identity_id, identity_id as holder
  from population
  union
  select holders.identity_id, memberships.group_id as holder
  from holders
  inner join memberships
    on memberships.identity_id = holders.holder
),

grants as (
  select
    holders.identity_id,
    entitlements.entitlement_id,
    entitlements.policy,
    entitlements.admin,
    entitlements.wildcard,
    concat(
      entitlements.policy,
      case when holders.holder <> holders.identity_id then concat(' through ', holders.holder) else '' end,
      coalesce(concat(' on ', entitlements.scope), '')
    ) as shown,
    entitlements.admin_reason,
    entitlements.artifact,
    entitlements.record
  from holders
  inner join entitlements
    on entitlements.identity_id = holders.holder
  where entitlements.effect = 'allow'
),

-- The grant to point at: an administrative one if there is any, else one with a wildcard, else the first.
pointed as (
  select *
  from grants
  qualify row_number() over (
    partition by identity_id
    order by admin desc, wildcard desc, artifact, record, entitlement_id, shown
  ) = 1
),

totals as (
  select
    identity_id,
    count(distinct shown) as grants_count,
    count(distinct shown) filter (where admin) as admin_count,
    count(distinct shown) filter (where wildcard and not admin) as wildcard_count
  from grants
  group by identity_id
),

-- Where the exports would have shown a grant: platforms and accounts with grants, and exports that list identities with grants.
covered_places as (
  select distinct lower(identities.platform) as platform, lower(identities.scope) as scope
  from entitlements
  inner join identities
    on identities.identity_id = entitlements.identity_id
),

covered_ids as (
  select distinct identities.identity_id
  from identities
  inner join (select distinct artifact from entitlements) as granting
    on granting.artifact = identities.artifact
),

judged as (
  select
    population.*,
    pointed.shown,
    pointed.admin_reason,
    pointed.artifact as grant_artifact,
    pointed.record as grant_record,
    coalesce(totals.grants_count, 0) as grants_count,
    coalesce(totals.admin_count, 0) as admin_count,
    coalesce(totals.wildcard_count, 0) as wildcard_count,
    case
      when population.provider_managed then 'provider'
      when totals.admin_count > 0 then 'admin'
      when totals.wildcard_count > 0 and not $wildcard_allowed then 'wildcard'
      when totals.grants_count > 0 then 'limited'
      when covered_places.platform is not null or covered_ids.identity_id is not null then 'none'
      else 'not covered'
    end as standing
  from population
  left join totals
    on totals.identity_id = population.identity_id
  left join pointed
    on pointed.identity_id = population.identity_id
  left join covered_places
    on covered_places.platform = population.platform
    and covered_places.scope = population.scope
  left join covered_ids
    on covered_ids.identity_id = population.identity_id
)

select
  identity_id as subject,
  case standing
    when 'provider' then 'skip'
    when 'admin' then 'fail'
    when 'wildcard' then 'fail'
    when 'not covered' then 'unknown'
    else 'pass'
  end as outcome,
  concat(
    case standing
      when 'provider' then 'The platform made this identity and sets its grants itself.'
      when 'admin' then concat(
        admin_count, ' of ', grants_count, case when grants_count = 1 then ' grant is' else ' grants are' end, ' administrative: ', shown,
        coalesce(concat(' (', admin_reason, ')'), ''),
        case when admin_count > 1 then concat(' and ', admin_count - 1, ' more') else '' end,
        '.'
      )
      when 'wildcard' then concat(
        wildcard_count, ' of ', grants_count, case when grants_count = 1 then ' grant holds' else ' grants hold' end,
        ' a bare wildcard for actions or resources: ', shown,
        case when wildcard_count > 1 then concat(' and ', wildcard_count - 1, ' more') else '' end,
        '.'
      )
      when 'limited' then concat(
        case when grants_count = 1 then 'Its one grant is' else concat('None of its ', grants_count, ' grants is') end,
        case when grants_count = 1 then ' not administrative' else ' administrative' end,
        case when wildcard_count > 0 then concat('; ', wildcard_count, ' with a bare wildcard, which is allowed here') else '' end,
        '.'
      )
      when 'none' then 'The exports of its place show no grant for it.'
      else 'No export of grants covers its platform and account.'
    end,
    case when listed then '' else ' No export lists this identity.' end
  ) as reason,
  coalesce(grant_artifact, artifact) as artifact,
  coalesce(grant_record, record) as record,
  case when listed then identity_id end as identity
from judged
