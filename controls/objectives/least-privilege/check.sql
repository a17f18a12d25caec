-- Every machine identity, and whether it holds administrative or wildcard grants, by itself or through groups.
with recursive
-- Roles of which it is known without their rules that they are limited.
known_roles as (
  select distinct trim(name) as name
  from (select unnest(string_to_array(lower($known_roles), ',')) as name)
),

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
  select
    unlisted.identity_id, unlisted.name, cast(null as varchar) as platform, cast(null as varchar) as scope, false as provider_managed, false as listed,
    first.artifact, first.record
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
    entitlements.actions,
    entitlements.resources,
    concat(
      entitlements.policy,
      case when holders.holder <> holders.identity_id then concat(' through ', holders.holder) else '' end,
      coalesce(' on ' || entitlements.scope, '')
    ) as shown,
    entitlements.admin_reason,
    -- A binding names a role and does not show what the role allows.
    not entitlements.admin
      and not entitlements.wildcard
      and entitlements.via = 'binding'
      and entitlements.actions is null
      and known_roles.name is null as opaque,
    entitlements.artifact,
    entitlements.record
  from holders
  inner join entitlements
    on entitlements.identity_id = holders.holder
  left join known_roles
    on known_roles.name = lower(entitlements.policy)
  where entitlements.effect = 'allow'
),

-- The grant to point at: an administrative one if there is any, else one with a wildcard, else one that nobody can read, else the first.
pointed as (
  select *
  from grants
  qualify row_number() over (
    partition by identity_id
    order by admin desc, wildcard desc, opaque desc, artifact, record, entitlement_id, shown
  ) = 1
),

totals as (
  select
    identity_id,
    count(distinct shown) as grants_count,
    count(distinct shown) filter (where admin) as admin_count,
    count(distinct shown) filter (where wildcard and not admin) as wildcard_count,
    count(distinct shown) filter (where opaque) as opaque_count
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
  select identities.identity_id, identities.artifact, identities.record
  from identities
  inner join (select distinct artifact from entitlements) as granting
    on granting.artifact = identities.artifact
  qualify row_number() over (partition by identities.identity_id order by identities.artifact, identities.record) = 1
),

judged as (
  select
    population.*,
    pointed.shown,
    pointed.actions,
    pointed.resources,
    pointed.admin_reason,
    coalesce(pointed.artifact, covered_ids.artifact) as grant_artifact,
    coalesce(pointed.record, covered_ids.record) as grant_record,
    coalesce(totals.grants_count, 0) as grants_count,
    coalesce(totals.admin_count, 0) as admin_count,
    coalesce(totals.wildcard_count, 0) as wildcard_count,
    coalesce(totals.opaque_count, 0) as opaque_count,
    case
      when population.provider_managed then 'provider'
      when totals.admin_count > 0 then 'admin'
      when totals.wildcard_count > 0 and not $wildcard_allowed then 'wildcard'
      when totals.opaque_count > 0 then 'opaque'
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
    when 'opaque' then 'unknown'
    when 'not covered' then 'unknown'
    else 'pass'
  end as outcome,
  concat(
    case standing
      when 'provider' then 'The platform made this identity and sets its grants itself.'
      when 'admin' then concat(
        case
          when grants_count = 1 then 'Its one grant is'
          else concat(admin_count, ' of ', grants_count, ' grants ', case when admin_count = 1 then 'is' else 'are' end)
        end,
        ' administrative: ', shown,
        coalesce(' (' || admin_reason || ')', ''),
        case when admin_count > 1 then concat(' and ', admin_count - 1, ' more') else '' end,
        '.'
      )
      when 'wildcard' then concat(
        case
          when grants_count = 1 then 'Its one grant holds'
          else concat(wildcard_count, ' of ', grants_count, ' grants ', case when wildcard_count = 1 then 'holds' else 'hold' end)
        end,
        ' a bare wildcard: ', shown,
        coalesce(' (' || left(actions, 60) || ' on ' || left(resources, 60) || ')', ''),
        case when wildcard_count > 1 then concat(' and ', wildcard_count - 1, ' more') else '' end,
        '.'
      )
      when 'opaque' then concat(
        case
          when grants_count = 1 then 'What its one grant allows'
          else concat('What ', opaque_count, ' of ', grants_count, ' grants ', case when opaque_count = 1 then 'allows' else 'allow' end)
        end,
        ' is in no export: ', shown,
        case when opaque_count > 1 then concat(' and ', opaque_count - 1, ' more') else '' end,
        '.'
      )
      when 'limited' then concat(
        case when grants_count = 1 then 'Its one grant is not administrative' else concat('None of its ', grants_count, ' grants is administrative') end,
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
