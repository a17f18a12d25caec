-- Every identity that is neither a person nor the account itself, once: what all sources say of it, and its row in the register.
with
-- Identities that are people, by any statement about them, and the accounts themselves.
excluded as (
  select distinct identities.identity_id
  from identities
  inner join people
    on coalesce(identities.native_id, identities.identity_id) like people.pattern
    or identities.identity_id like people.pattern
  union
  select distinct identity_id
  from identities
  where kind = 'root'
),

-- The newest statement stands first; among statements of one time the path decides.
statements as (
  select
    identities.*,
    row_number() over (
      partition by identities.identity_id
      order by artifacts.collected_at desc nulls last, identities.artifact, identities.record
    ) as place,
    artifacts.collected_at
  from identities
  left join artifacts
    on artifacts.path = identities.artifact
  left join excluded
    on excluded.identity_id = identities.identity_id
  where excluded.identity_id is null
),

merged as (
  select
    identity_id,
    first_value(platform order by place) as platform,
    first_value(scope order by place) filter (where scope is not null) as scope,
    first_value(name order by place) as name,
    first_value(native_id order by place) filter (where native_id is not null) as native_id,
    first_value(kind order by place) as kind,
    -- What was collected by the date of the report was not created after it: such a day is wrong and shows nothing.
    first_value(created_at order by place) filter (where created_at <= $as_of) as created_at,
    bool_or(created_at_state = 'none') as created_none,
    bool_or(created_at_state = 'not-applicable') as created_not_applicable,
    first_value(enabled order by collected_at desc nulls last, enabled, place) filter (where enabled is not null) as enabled,
    max(last_activity_at) as last_activity_at,
    bool_or(last_activity_at_state = 'none') as activity_none,
    bool_or(last_activity_at_state = 'not-applicable') as activity_not_applicable,
    first_value(owner_ref order by place) filter (where trim(owner_ref) <> '') as source_owner,
    first_value(purpose order by place) filter (where trim(purpose) <> '') as source_purpose,
    first_value(environment order by place) filter (where trim(environment) <> '') as environment,
    first_value(artifact order by place) as artifact,
    first_value(record order by place) as record,
    first_value(artifact order by last_activity_at desc nulls last, (last_activity_at_state = 'none') desc nulls last, place) as activity_artifact,
    first_value(record order by last_activity_at desc nulls last, (last_activity_at_state = 'none') desc nulls last, place) as activity_record
  from statements
  group by identity_id
),

ambiguous as (
  select distinct identity_id
  from register_matches
  where fits > 1
),

registered as (
  select
    register_matches.identity_id,
    case register_matches.way when 1 then 'identity' when 2 then 'name' else 'alias' end as register_match,
    count(*) over (partition by register_matches.identity_id, register_matches.artifact) as register_rows,
    trim(register.name) as register_name,
    case when lower(trim(register.owner)) not in ('', '-', '?', 'n/a', 'na', 'none', 'nobody', 'null', 'tbd', 'unknown') then trim(register.owner) end
      as register_owner,
    register.owner_status as register_owner_status,
    case when lower(trim(register.purpose)) not in ('', '-', '?', 'n/a', 'na', 'none', 'null', 'tbd', 'unknown') then trim(register.purpose) end
      as register_purpose,
    case when lower(trim(register.service)) not in ('', '-', '?', 'n/a', 'na', 'none', 'null', 'tbd', 'unknown') then trim(register.service) end
      as register_service,
    register.expires_at as register_expires_at,
    register.expires_at_state as register_expires_at_state,
    nullif(trim(register.approval_ticket), '') as approval_ticket,
    register.artifact as register_artifact,
    register.record as register_record
  from register_matches
  inner join register
    on register.artifact = register_matches.artifact
    and register.record = register_matches.record
    and register.register_id = register_matches.register_id
  left join artifacts
    on artifacts.path = register.artifact
  where register_matches.fits = 1
  qualify row_number() over (
    partition by register_matches.identity_id
    order by artifacts.collected_at desc nulls last, register_matches.way, register.artifact, register.record, register.register_id
  ) = 1
)

select
  merged.identity_id,
  lower(merged.platform) as platform,
  merged.scope,
  merged.name,
  merged.native_id,
  merged.kind,
  coalesce(merged.native_id, merged.identity_id) like 'arn:aws%:role/aws-service-role/%' as provider_managed,
  merged.created_at,
  case
    when merged.created_at is not null then 'known'
    when merged.created_none then 'none'
    when merged.created_not_applicable then 'not-applicable'
    else 'unknown'
  end as created_at_state,
  merged.enabled,
  merged.last_activity_at,
  case
    when merged.last_activity_at is not null then 'known'
    when merged.activity_none then 'none'
    when merged.activity_not_applicable then 'not-applicable'
    else 'unknown'
  end as last_activity_at_state,
  trim(merged.source_owner) as source_owner,
  trim(merged.source_purpose) as source_purpose,
  trim(merged.environment) as environment,
  identity_classes.class,
  identity_classes.class_because,
  identity_classes.tier,
  identity_classes.tier_because,
  registered.identity_id is not null as in_register,
  case
    when registered.identity_id is not null then registered.register_match
    when ambiguous.identity_id is not null then 'ambiguous'
  end as register_match,
  coalesce(registered.register_rows, 0) as register_rows,
  registered.register_name,
  registered.register_owner,
  registered.register_owner_status,
  registered.register_purpose,
  registered.register_service,
  registered.register_expires_at,
  registered.register_expires_at_state,
  registered.approval_ticket,
  merged.artifact,
  merged.record,
  merged.activity_artifact,
  merged.activity_record,
  registered.register_artifact,
  registered.register_record
from merged
inner join identity_classes
  on identity_classes.identity_id = merged.identity_id
left join registered
  on registered.identity_id = merged.identity_id
left join ambiguous
  on ambiguous.identity_id = merged.identity_id
