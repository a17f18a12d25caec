-- Every machine identity that a third party holds or may assume, and whether somebody answers for the contract, the grant is limited, and the trust is tied to that party.
with
vendor_words as (
  select distinct trim(word) as word
  from (select unnest(string_to_array(lower($vendor_words), ',')) as word)
  where trim(word) <> ''
),

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

registered as (
  select machine_identities.identity_id, register.*
  from machine_identities
  inner join register
    on register.artifact = machine_identities.register_artifact
    and register.record = machine_identities.register_record
  qualify row_number() over (partition by machine_identities.identity_id order by register.register_id) = 1
),

-- Whether any register has a column for the owner of a contract that somebody filled.
kept as (
  select count(*) as contract_owners_count
  from register
  where trim(contract_owner) <> ''
),

foreign_trusts as (
  select
    trusts.identity_id,
    regexp_replace(trusts.principal, '^(?:arn:[a-z-]+:(?:iam|sts)::)?([0-9]{12})(?::.*)?$', '\1') as account,
    coalesce(trusts.conditions like '%"sts:ExternalId"%' or trusts.conditions like '%"sts:externalid"%', false) as external_id,
    trusts.artifact,
    trusts.record
  from trusts
  where trusts.effect = 'allow'
    and trusts.principal_kind = 'AWS'
),

-- The account to point at: one without an external id, if there is any.
trusted as (
  select foreign_trusts.*
  from foreign_trusts
  left join own_accounts
    on own_accounts.account = foreign_trusts.account
  where own_accounts.account is null
    and regexp_like(foreign_trusts.account, '^[0-9]{12}$')
  qualify row_number() over (
    partition by foreign_trusts.identity_id
    order by foreign_trusts.external_id, foreign_trusts.account, foreign_trusts.artifact, foreign_trusts.record
  ) = 1
),

named as (
  select distinct tokens.identity_id
  from (
    select identity_id, unnest(string_to_array(translate(lower(name), '-_./@:+', '       '), ' ')) as word
    from machine_identities
  ) as tokens
  inner join vendor_words
    on vendor_words.word = tokens.word
),

-- Apps that an organisation publishes for others. A tenant's own apps name the tenant itself as their publisher, which can be seen where the scope is the tenant's id.
apps as (
  select identity_id, min(publisher) as publisher
  from identities
  where kind = 'app'
    or (publisher <> scope and scope like '________-____-____-____-____________')
  group by identity_id
),

powers as (
  select
    identity_id,
    count(*) as admin_count,
    min(policy) as policy
  from entitlements
  where admin
    and effect = 'allow'
  group by identity_id
),

members as (
  select
    machine_identities.identity_id,
    machine_identities.artifact,
    machine_identities.record,
    machine_identities.in_register,
    machine_identities.register_artifact,
    machine_identities.register_record,
    machine_identities.enabled,
    trim(trim(machine_identities.class_because), '.') as class_because,
    named.identity_id is not null as is_named,
    nullif(trim(registered.vendor), '') as vendor,
    nullif(trim(registered.contract_owner), '') as contract_owner,
    machine_identities.register_owner,
    registered.contract_ends_at,
    trusted.account,
    trusted.external_id,
    trusted.artifact as trust_artifact,
    trusted.record as trust_record,
    apps.publisher,
    apps.identity_id is not null as is_app,
    coalesce(powers.admin_count, 0) as admin_count,
    powers.policy,
    kept.contract_owners_count
  from machine_identities
  cross join kept
  left join registered
    on registered.identity_id = machine_identities.identity_id
  left join trusted
    on trusted.identity_id = machine_identities.identity_id
  -- Of a role that accounts may assume, the accounts decide, with those that are named as the organisation's own.
  left join (select distinct identity_id from foreign_trusts) as assumable
    on assumable.identity_id = machine_identities.identity_id
  left join named
    on named.identity_id = machine_identities.identity_id
  left join apps
    on apps.identity_id = machine_identities.identity_id
  left join powers
    on powers.identity_id = machine_identities.identity_id
  where not machine_identities.provider_managed
    and (
      nullif(trim(registered.vendor), '') is not null
      or trusted.identity_id is not null
      or named.identity_id is not null
      or apps.identity_id is not null
      or lower(trim(registered.class)) = 'vendor'
      or (machine_identities.class = 'vendor' and assumable.identity_id is null)
    )
),

judged as (
  select
    *,
    coalesce(enabled = false, false) as disabled,
    concat_ws(
      '; ',
      case when not in_register then 'no register holds it, so nobody is known to answer for the contract' end,
      case when in_register and contract_owner is null and contract_owners_count > 0 then 'the register names nobody who answers for the contract' end,
      case when contract_ends_at <= $as_of then concat('the contract ended on ', to_char(contract_ends_at, '%Y-%m-%d')) end,
      case when not external_id then concat('account ', account, ' may assume it without an external id') end,
      case
        when admin_count = 1 then concat('its grant ', policy, ' is administrative')
        when admin_count > 1 then concat(admin_count, ' of its grants are administrative, the first: ', policy)
      end
    ) as faults
  from members
)

select
  identity_id as subject,
  case
    when disabled then 'skip'
    when faults <> '' then 'fail'
    when contract_owner is not null then 'pass'
    else 'unknown'
  end as outcome,
  concat(
    case
      when vendor is not null then concat('Held by or for ', vendor)
      when account is not null then concat('Account ', account, ' outside the organisation may assume it')
      when is_app then concat('An installed app', coalesce(' of ' || publisher, ''))
      when is_named then 'Its name says that it is a third party''s'
      else concat('A third party''s by its class. ', class_because)
    end,
    ': ',
    case
      when disabled then 'it is disabled'
      when faults <> '' then faults
      when contract_owner is not null then concat(
        contract_owner, ' answers for the contract',
        coalesce(', which ends on ' || to_char(contract_ends_at, '%Y-%m-%d'), ''),
        case when external_id then '; it may be assumed with an external id only' else '' end,
        '; none of its grants is administrative'
      )
      else concat(
        'the register names ', coalesce(register_owner, 'nobody'), ' as its owner, and no register says who answers for contracts with third parties'
      )
    end,
    '.'
  ) as reason,
  case when not external_id then trust_artifact else coalesce(register_artifact, trust_artifact, artifact) end as artifact,
  case when not external_id then trust_record else coalesce(register_record, trust_record, record) end as record,
  identity_id as identity
from judged
