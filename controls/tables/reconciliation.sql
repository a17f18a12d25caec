-- What the sources show against what the register says, and statements that contradict each other. One row per finding; agreement has its row too.
with
matched as (
  select distinct artifact, record, register_id
  from register_matches
),

identities_told as (
  select
    case
      when in_register then 'in-both'
      when register_match = 'ambiguous' then 'ambiguous'
      when provider_managed then 'provider-managed'
      else 'only-in-source'
    end as kind,
    identity_id as subject,
    platform,
    scope,
    case
      when in_register then concat('the register holds it as "', register_name, '"')
      when register_match = 'ambiguous' then 'a row of the register fits this and another identity'
      when provider_managed then 'the platform made it and runs it'
      else concat('a source shows "', name, '", the register does not')
    end as says,
    artifact,
    record,
    register_artifact as other_artifact,
    register_record as other_record
  from machine_identities
),

rows_unmatched as (
  select
    'only-in-register' as kind,
    concat_ws(' ', nullif(lower(trim(register.platform)), ''), nullif(trim(register.scope), ''), trim(register.name)) as subject,
    nullif(lower(trim(register.platform)), '') as platform,
    nullif(trim(register.scope), '') as scope,
    'the register holds it, no source shows it' as says,
    register.artifact,
    register.record,
    cast(null as varchar) as other_artifact,
    cast(null as varchar) as other_record
  from register
  left join matched
    on matched.artifact = register.artifact
    and matched.record = register.record
    and matched.register_id = register.register_id
  where matched.register_id is null
),

duplicates as (
  select
    'duplicate' as kind,
    identity_id as subject,
    platform,
    scope,
    concat(register_rows, ' rows of one register name it') as says,
    register_artifact as artifact,
    register_record as record,
    cast(null as varchar) as other_artifact,
    cast(null as varchar) as other_record
  from machine_identities
  where register_rows > 1
),

-- Two sources state the same identity, one as enabled and one as not.
enabled_told as (
  select
    identity_id,
    min(case when enabled then concat(artifact, chr(31), record) end) as on_place,
    min(case when not enabled then concat(artifact, chr(31), record) end) as off_place
  from identities
  group by identity_id
),

conflicts as (
  select
    'conflict' as kind,
    enabled_told.identity_id as subject,
    machine_identities.platform,
    machine_identities.scope,
    'one source says that it is enabled, another that it is not' as says,
    split_part(enabled_told.on_place, chr(31), 1) as artifact,
    split_part(enabled_told.on_place, chr(31), 2) as record,
    split_part(enabled_told.off_place, chr(31), 1) as other_artifact,
    split_part(enabled_told.off_place, chr(31), 2) as other_record
  from enabled_told
  inner join machine_identities
    on machine_identities.identity_id = enabled_told.identity_id
  where enabled_told.on_place is not null
    and enabled_told.off_place is not null
  union all
  select
    'conflict' as kind,
    machine_credentials.credential as subject,
    machine_identities.platform,
    machine_identities.scope,
    machine_credentials.status_conflict as says,
    machine_credentials.artifact,
    machine_credentials.record,
    machine_credentials.use_artifact as other_artifact,
    machine_credentials.use_record as other_record
  from machine_credentials
  left join machine_identities
    on machine_identities.identity_id = machine_credentials.identity_id
  where machine_credentials.status_conflict is not null
  union all
  select
    'conflict' as kind,
    identity_id as subject,
    platform,
    scope,
    concat('a source says that ', source_owner, ' owns it, the register says ', register_owner) as says,
    artifact,
    record,
    register_artifact as other_artifact,
    register_record as other_record
  from machine_identities
  where source_owner is not null
    and register_owner is not null
    and lower(source_owner) <> lower(register_owner)
    -- An address spells the name of its person; anything else is another owner until somebody says otherwise.
    and lower(split_part(source_owner, '@', 1)) <> lower(replace(register_owner, ' ', '.'))
)

select * from identities_told
union all
select * from rows_unmatched
union all
select * from duplicates
union all
select * from conflicts
