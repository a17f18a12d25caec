-- Every machine identity that matters, and whether the register names a role in the business that answers for it, beside the technical owner.
with
critical_words as (
  select distinct trim(word) as word
  from (select unnest(string_to_array(lower($critical_words), ',')) as word)
  where trim(word) <> ''
),

no_names as (
  select unnest(string_to_array(',-,?,n/a,na,none,nobody,null,tbd,unknown', ',')) as word
),

stated as (
  select
    register.artifact,
    register.record,
    register.register_id,
    lower(trim(register.criticality)) as criticality,
    case when no_names.word is null then trim(register.accountable) end as accountable
  from register
  left join no_names
    on no_names.word = lower(trim(register.accountable))
),

-- Whether any register has a column for it that somebody filled.
kept as (
  select count(accountable) as accountable_count
  from stated
),

registered as (
  select
    machine_identities.identity_id,
    stated.criticality,
    stated.accountable,
    critical_words.word is not null as critical
  from machine_identities
  inner join stated
    on stated.artifact = machine_identities.register_artifact
    and stated.record = machine_identities.register_record
  left join critical_words
    on critical_words.word = stated.criticality
  qualify row_number() over (partition by machine_identities.identity_id order by stated.register_id) = 1
),

powers as (
  select identity_id, min(policy) as policy
  from entitlements
  where admin
    and effect = 'allow'
  group by identity_id
),

judged as (
  select
    machine_identities.*,
    registered.accountable,
    leavers.person as leaver,
    registered.criticality,
    coalesce(registered.critical, false) as critical,
    powers.policy,
    case
      when not machine_identities.in_register then 'not registered'
      when leavers.certain then 'left'
      when lower(registered.accountable) = lower(machine_identities.register_owner) and machine_identities.register_owner_status = 'left' then 'left'
      when lower(registered.accountable) in (lower(machine_identities.register_owner), lower(machine_identities.source_owner)) then 'the owner'
      when leavers.name is not null then 'perhaps left'
      when registered.accountable is not null then 'named'
      when kept.accountable_count > 0 then 'nobody'
      else 'not kept'
    end as standing
  from machine_identities
  cross join kept
  left join registered
    on registered.identity_id = machine_identities.identity_id
  left join powers
    on powers.identity_id = machine_identities.identity_id
  left join leavers
    on leavers.name = lower(registered.accountable)
  where not machine_identities.provider_managed
    and coalesce(machine_identities.enabled, true)
    and (registered.critical or powers.policy is not null)
)

select
  identity_id as subject,
  case standing
    when 'named' then 'pass'
    when 'not kept' then 'unknown'
    when 'perhaps left' then 'unknown'
    else 'fail'
  end as outcome,
  concat(
    case
      when critical and policy is not null then concat('Its criticality is "', criticality, '" and its grant ', policy, ' is administrative')
      when critical then concat('Its criticality is "', criticality, '"')
      else concat('Its grant ', policy, ' is administrative')
    end,
    '; ',
    case standing
      when 'not registered' then 'no register holds it, so nobody in the business answers for it'
      when 'left' then concat(accountable, ', who answers for it by the register, has left')
      when 'perhaps left' then concat('whether ', accountable, ', who answers for it by the register, is still there cannot be told: ', leaver, ' is said to have left')
      when 'the owner' then concat(accountable, ' stands both as its technical owner and as the one who answers for it')
      when 'named' then concat(accountable, ' answers for it', coalesce(', beside ' || register_owner || ' as its owner', ''))
      when 'nobody' then 'the register names nobody in the business who answers for it'
      else 'no register has a column for the role in the business that answers for an identity'
    end,
    '.'
  ) as reason,
  coalesce(register_artifact, artifact) as artifact,
  coalesce(register_record, record) as record,
  identity_id as identity
from judged
