-- Every machine identity and every certificate key: does it stay in one environment, production or another?
with recursive
-- Words that name an environment. `non-prod` and `pre-prod` are one word each.
environment_words as (
  select distinct trim(word) as word, 'production' as environment
  from (select unnest(string_to_array(lower($production_words), ',')) as word)
  where trim(word) <> ''
  union
  select distinct trim(word) as word, 'non-production' as environment
  from (select unnest(string_to_array(lower($other_words), ',')) as word)
  where trim(word) <> ''
),

-- What the organisation states of its accounts, clusters and tenants: `scope=word`.
stated_places as (
  select
    trim(split_part(pair, '=', 1)) as scope,
    max(environment_words.environment) as environment
  from (select unnest(string_to_array(lower($places), ',')) as pair) as pairs
  inner join environment_words
    on environment_words.word = trim(split_part(pairs.pair, '=', 2))
  group by trim(split_part(pair, '=', 1))
  having count(distinct environment_words.environment) = 1
),

-- Texts that may name an environment, each once.
texts as (
  select lower(environment) as text from identities where environment is not null
  union
  select lower(name) as text from identities
  union
  select lower(scope) as text from identities where scope is not null
  union
  select lower(scope) as text from events where scope is not null
  union
  select lower(concat_ws(' ', policy, scope, resources)) as text from entitlements where effect = 'allow'
  union
  select lower(concat_ws(' ', principal, conditions)) as text from trusts where effect = 'allow'
  union
  select lower(file) as text from findings where credential_native_id is not null
  union
  select lower(concat_ws(' ', name, sans)) as text from certificates where not is_ca
),

-- The environments that a text names; a text that names both names none for certain, and is told apart.
named as (
  select
    words.text,
    case when count(distinct environment_words.environment) = 1 then max(environment_words.environment) else 'both' end as environment,
    min(words.word) as word
  from (
    select
      text,
      unnest(
        string_to_array(
          regexp_replace(regexp_replace(text, '(non|pre)[^a-z0-9]?prod(uction)?', '\1prod', 'g'), '[^a-z0-9]+', ' ', 'g'),
          ' '
        )
      ) as word
    from texts
  ) as words
  inner join environment_words
    on environment_words.word = words.word
  group by words.text
),

-- An account, cluster or tenant: what is stated of it, else what its name says.
scopes as (
  select
    scope_texts.scope,
    coalesce(stated_places.environment, named.environment) as environment
  from (
    select lower(scope) as scope from identities where scope is not null
    union
    select lower(scope) as scope from events where scope is not null
    union
    select scope from stated_places
  ) as scope_texts
  left join stated_places
    on stated_places.scope = scope_texts.scope
  left join named
    on named.text = scope_texts.scope
  where coalesce(stated_places.environment, named.environment) in ('production', 'non-production')
),

-- What the sources say of an identity themselves; two sources may say different things.
tags as (
  select
    identities.identity_id,
    case when count(distinct named.environment) = 1 then max(named.environment) else 'both' end as environment,
    min(identities.environment) as first_tag,
    max(identities.environment) as last_tag
  from identities
  inner join named
    on named.text = lower(identities.environment)
  group by identities.identity_id
),

population as (
  select
    machine_identities.*,
    tags.environment as tag_environment,
    tags.first_tag,
    tags.last_tag,
    scopes.environment as place_environment,
    coalesce(
      case when tags.environment <> 'both' then tags.environment end,
      case when names.environment <> 'both' then names.environment end
    ) as own_environment,
    coalesce(
      case when tags.environment <> 'both' then tags.environment end,
      case when names.environment <> 'both' then names.environment end,
      scopes.environment
    ) as belongs_to
  from machine_identities
  left join tags
    on tags.identity_id = machine_identities.identity_id
  left join named as names
    on names.text = lower(machine_identities.name)
  left join scopes
    on scopes.scope = lower(machine_identities.scope)
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
    population.identity_id,
    population.belongs_to,
    entitlements.entitlement_id,
    entitlements.policy,
    entitlements.scope,
    named.environment,
    named.word,
    concat(entitlements.artifact, chr(31), entitlements.record) as place
  from holders
  inner join population
    on population.identity_id = holders.identity_id
  inner join entitlements
    on entitlements.identity_id = holders.holder
  left join named
    on named.text = lower(concat_ws(' ', entitlements.policy, entitlements.scope, entitlements.resources))
  where entitlements.effect = 'allow'
),

unnamed_grants as (
  select identity_id, count(distinct entitlement_id) as grants_count, min(policy) as first_policy
  from grants
  where environment is null
  group by identity_id
),

-- Where identities acted by the logs, each place once.
acted as (
  select
    identity_id,
    lower(scope) as scope,
    min(concat(artifact, chr(31), record)) as place
  from events
  where identity_id is not null
    and scope is not null
    and outcome <> 'failure'
    and at between $period_from and $period_to
  group by identity_id, lower(scope)
),

shared_credentials as (
  select
    machine_credentials.native_id,
    count(distinct population.belongs_to) as environments_count,
    min(population.identity_id) as first_identity,
    max(population.identity_id) as last_identity
  from machine_credentials
  inner join population
    on population.identity_id = machine_credentials.identity_id
  where machine_credentials.native_id is not null
    and population.belongs_to is not null
  group by machine_credentials.native_id
  having count(distinct population.belongs_to) > 1
),

-- Every way in which an identity crosses; the rank says which one is told first.
crossings as (
  select identity_id, 1 as rank, concat('sources name both environments for it, "', first_tag, '" and "', last_tag, '"') as says,
    concat(artifact, chr(31), record) as place
  from population
  where tag_environment = 'both'
  union
  select identity_id, 2 as rank, concat('it lives in ', scope, ', which is ', place_environment) as says, concat(artifact, chr(31), record) as place
  from population
  where own_environment <> place_environment
  union
  select machine_credentials.identity_id, 3 as rank,
    concat('its credential ', machine_credentials.native_id, ' stands at identities of both environments, ', shared_credentials.first_identity, ' and ', shared_credentials.last_identity) as says,
    concat(machine_credentials.artifact, chr(31), machine_credentials.record) as place
  from machine_credentials
  inner join shared_credentials
    on shared_credentials.native_id = machine_credentials.native_id
  where machine_credentials.identity_id is not null
  union
  select population.identity_id, 4 as rank, concat('its credential ', findings.credential_native_id, ' was found in ', findings.file) as says,
    concat(findings.artifact, chr(31), findings.record) as place
  from findings
  inner join named
    on named.text = lower(findings.file)
  inner join machine_credentials
    on machine_credentials.native_id = findings.credential_native_id
  inner join population
    on population.identity_id = machine_credentials.identity_id
  where findings.status <> 'dismissed'
    and named.environment <> population.belongs_to
  union
  select population.identity_id, 5 as rank, concat('it acted in ', acted.scope, ', which is ', scopes.environment) as says, acted.place
  from acted
  inner join scopes
    on scopes.scope = acted.scope
  inner join population
    on population.identity_id = acted.identity_id
  where scopes.environment <> population.belongs_to
  union
  select identity_id, 6 as rank, concat('it holds ', policy, coalesce(' on ' || scope, ''), ', which names ', word) as says, place
  from grants
  where environment <> belongs_to
  union
  -- A role may be assumed from elsewhere: by an identity that is listed, by an account whose environment is known, or by whom the policy names.
  select population.identity_id, 7 as rank, concat(trusts.principal, ' of ', other.belongs_to, ' may assume it') as says,
    concat(trusts.artifact, chr(31), trusts.record) as place
  from trusts
  inner join population
    on population.identity_id = trusts.identity_id
  inner join population as other
    on other.identity_id = trusts.principal
  where trusts.effect = 'allow'
    and other.belongs_to <> population.belongs_to
  union
  select population.identity_id, 7 as rank, concat(trusts.principal, ' of ', scopes.environment, ' may assume it') as says,
    concat(trusts.artifact, chr(31), trusts.record) as place
  from trusts
  inner join population
    on population.identity_id = trusts.identity_id
  inner join scopes
    on scopes.scope = split_part(trusts.principal, ':', 5)
  where trusts.effect = 'allow'
    and trusts.principal like 'arn:%:iam::%'
    and scopes.environment <> population.belongs_to
  union
  select population.identity_id, 7 as rank, concat('its trust names ', named.word, ' (', left(coalesce(trusts.conditions, trusts.principal), 80), ')') as says,
    concat(trusts.artifact, chr(31), trusts.record) as place
  from trusts
  inner join named
    on named.text = lower(concat_ws(' ', trusts.principal, trusts.conditions))
  inner join population
    on population.identity_id = trusts.identity_id
  where trusts.effect = 'allow'
    and named.environment <> population.belongs_to
),

pointed as (
  select *
  from crossings
  qualify row_number() over (partition by identity_id order by rank, says, place) = 1
),

crossing_counts as (
  select identity_id, count(distinct says) as crossings_count
  from crossings
  group by identity_id
),

-- Places of which grants were exported: only there does the absence of a crossing grant mean something.
granted as (
  select distinct lower(identities.platform) as platform, lower(identities.scope) as scope
  from entitlements
  inner join identities
    on identities.identity_id = entitlements.identity_id
),

identities_judged as (
  select
    population.*,
    pointed.says,
    pointed.place,
    crossing_counts.crossings_count,
    unnamed_grants.grants_count,
    unnamed_grants.first_policy,
    case
      when population.provider_managed then 'provider'
      when pointed.identity_id is not null then 'crosses'
      when population.belongs_to is null then 'not known'
      when granted.scope is null then 'grants not known'
      -- In an account of no known environment a grant that names none may reach both.
      when population.place_environment is null and unnamed_grants.identity_id is not null then 'reach not known'
      else 'stays'
    end as standing
  from population
  left join pointed
    on pointed.identity_id = population.identity_id
  left join crossing_counts
    on crossing_counts.identity_id = population.identity_id
  left join granted
    on granted.platform = population.platform
    and granted.scope = lower(population.scope)
  left join unnamed_grants
    on unnamed_grants.identity_id = population.identity_id
),

leaves as (
  select *
  from certificates
  where not is_ca
    and not_after >= $period_from
  qualify row_number() over (partition by certificate_id order by artifact, record) = 1
),

keys as (
  select
    leaves.key_id,
    count(*) as certificates_count,
    count(distinct named.environment) as environments_count,
    bool_or(named.environment = 'both') as both_in_one,
    max(named.environment) as environment,
    min(case when named.environment = 'production' then leaves.name end) as production_name,
    min(case when named.environment <> 'production' then leaves.name end) as other_name,
    min(leaves.name) as first_name,
    min(concat(leaves.artifact, chr(31), leaves.record)) as place
  from leaves
  inner join named
    on named.text = lower(concat_ws(' ', leaves.name, leaves.sans))
  group by leaves.key_id
),

told as (
  select
    identity_id as subject,
    case standing
      when 'provider' then 'skip'
      when 'stays' then 'pass'
      when 'crosses' then 'fail'
      else 'unknown'
    end as outcome,
    case standing
      when 'provider' then 'The platform made this identity and decides itself where it works.'
      when 'stays' then concat('It belongs to ', belongs_to, ', and none of its grants, trusts, credentials and logged uses names the other side.')
      when 'crosses' then concat(
        case when belongs_to is not null then concat('It belongs to ', belongs_to, ', but ') else 'Its environment is not one: ' end,
        says,
        case when crossings_count > 1 then concat('; ', crossings_count - 1, ' more crossing', case when crossings_count = 2 then '' else 's' end) else '' end,
        '.'
      )
      when 'reach not known' then concat(
        'It belongs to ', belongs_to, '; ', grants_count, ' of its grants, such as ', first_policy, ', name', case when grants_count = 1 then 's' else '' end,
        ' no environment, and nothing says which one its account is.'
      )
      when 'not known' then 'No source says to which environment it belongs, by a tag, by its account or cluster, or by its name.'
      else concat('It belongs to ', belongs_to, '; no export of grants covers its account, so whether they cross is not known.')
    end as reason,
    coalesce(place, concat(artifact, chr(31), record)) as place,
    identity_id as identity
  from identities_judged
  union all
  select
    concat('certificate key ', key_id) as subject,
    case when both_in_one or environments_count > 1 then 'fail' else 'pass' end as outcome,
    case
      when environments_count > 1 and production_name is not null
        then concat('One private key serves both environments: ', production_name, ' in production and ', other_name, ' outside it.')
      when both_in_one then concat('One certificate names both environments: ', first_name, '.')
      else concat(certificates_count, ' certificate', case when certificates_count = 1 then '' else 's' end, ' of it, such as ', first_name, ', all name ', environment, '.')
    end as reason,
    place,
    cast(null as varchar) as identity
  from keys
)

select
  subject,
  outcome,
  reason,
  split_part(place, chr(31), 1) as artifact,
  split_part(place, chr(31), 2) as record,
  identity
from told
