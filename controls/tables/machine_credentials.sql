-- Every credential of an identity that is not known to be a person, once: the statements of all sources about it in one row.
with
people_ids as (
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

listed as (
  select distinct identity_id
  from identities
),

-- Several exports may state the same credential: the newest counts, and among statements of one time the one that says active.
statements as (
  select
    credentials.*,
    listed.identity_id is not null as identity_known,
    row_number() over (
      partition by credentials.identity_id, case when credentials.identity_id is null then credentials.identity_name end, credentials.credential_id
      order by
        artifacts.collected_at desc nulls last,
        (credentials.status = 'active') desc,
        credentials.artifact,
        credentials.record
    ) as place
  from credentials
  left join artifacts
    on artifacts.path = credentials.artifact
  left join people_ids
    on people_ids.identity_id = credentials.identity_id
  left join listed
    on listed.identity_id = credentials.identity_id
  where people_ids.identity_id is null
),

once as (
  select
    *,
    coalesce(last_rotated_at, created_at) as stated_set_at,
    -- Keys of AWS are stated twice: by their slot in the credential report, with last use and without id; and by their id in the list of keys.
    case
      when kind <> 'access-key' or identity_id is null or coalesce(last_rotated_at, created_at) is null then 'other'
      when native_id is not null and slot is null then 'id'
      when native_id is null and slot is not null then 'slot'
      else 'other'
    end as side,
    -- Keys of one identity that were set at the very same time are paired in order, active ones first.
    row_number() over (
      partition by identity_id, kind, native_id is null, coalesce(last_rotated_at, created_at)
      order by status, credential_id
    ) as pair
  from statements
  where place = 1
),

by_id as (
  select *
  from once
  where side = 'id'
),

by_slot as (
  select *
  from once
  where side = 'slot'
),

together as (
  select
    coalesce(by_id.credential_id, by_slot.credential_id) as credential_id,
    coalesce(by_id.identity_id, by_slot.identity_id) as identity_id,
    coalesce(by_id.identity_name, by_slot.identity_name) as identity_name,
    coalesce(by_id.identity_known, by_slot.identity_known) as identity_known,
    coalesce(by_id.kind, by_slot.kind) as kind,
    by_id.native_id,
    by_slot.slot,
    case when by_slot.status = 'active' then 'active' else coalesce(by_id.status, by_slot.status) end as status,
    case
      when by_slot.status <> by_id.status
      then concat(by_id.artifact, ' says ', by_id.status, ', ', by_slot.artifact, ' says ', by_slot.status)
    end as status_conflict,
    coalesce(by_id.created_at, by_slot.created_at) as created_at,
    coalesce(by_id.created_at_state, by_slot.created_at_state) as created_at_state,
    coalesce(by_slot.last_rotated_at, by_id.last_rotated_at) as last_rotated_at,
    coalesce(by_slot.last_rotated_at_state, by_id.last_rotated_at_state) as last_rotated_at_state,
    coalesce(by_id.stated_set_at, by_slot.stated_set_at) as set_at,
    coalesce(by_id.expires_at, by_slot.expires_at) as expires_at,
    coalesce(nullif(by_id.expires_at_state, 'unknown'), by_slot.expires_at_state) as expires_at_state,
    greatest(by_slot.last_used_at, by_id.last_used_at) as last_used_at,
    coalesce(nullif(by_slot.last_used_at_state, 'unknown'), by_id.last_used_at_state) as last_used_at_state,
    coalesce(by_id.artifact, by_slot.artifact) as artifact,
    coalesce(by_id.record, by_slot.record) as record,
    -- The report knows the use; the list does so only where it says a later day.
    case
      when by_slot.artifact is null or (by_id.last_used_at is not null and coalesce(by_id.last_used_at > by_slot.last_used_at, true)) then by_id.artifact
      else by_slot.artifact
    end as use_artifact,
    case
      when by_slot.artifact is null or (by_id.last_used_at is not null and coalesce(by_id.last_used_at > by_slot.last_used_at, true)) then by_id.record
      else by_slot.record
    end as use_record
  from by_id
  full join by_slot
    on by_slot.identity_id = by_id.identity_id
    and by_slot.stated_set_at = by_id.stated_set_at
    and by_slot.pair = by_id.pair
  union all
  select
    credential_id, identity_id, identity_name, identity_known, kind, native_id, slot, status, cast(null as varchar) as status_conflict,
    created_at, created_at_state, last_rotated_at, last_rotated_at_state, stated_set_at as set_at, expires_at, expires_at_state,
    last_used_at, last_used_at_state, artifact, record, artifact as use_artifact, record as use_record
  from once
  where side = 'other'
),

named as (
  select
    *,
    case
      when coalesce(identity_id, identity_name) is null then concat('credential ', credential_id)
      when credential_id = coalesce(identity_id, identity_name) then concat(credential_id, ' ', kind)
      when starts_with(credential_id, concat(coalesce(identity_id, identity_name), ' ')) then credential_id
      else concat(coalesce(identity_id, identity_name), ' ', credential_id)
    end as shown
  from together
),

classified as (
  select identity_id as classified_id, class, tier
  from identity_classes
)

select
  case
    when row_number() over (partition by shown order by identity_id, identity_name, artifact, record) = 1 then shown
    else concat(shown, ' (', row_number() over (partition by shown order by identity_id, identity_name, artifact, record), ')')
  end as credential,
  credential_id,
  identity_id,
  identity_name,
  identity_known,
  coalesce(classified.class, 'unclassified') as class,
  coalesce(classified.tier, 'unknown') as tier,
  kind,
  native_id,
  slot,
  status,
  status_conflict,
  created_at,
  case
    when created_at is not null then 'known'
    when created_at_state in ('none', 'not-applicable') then created_at_state
    else 'unknown'
  end as created_at_state,
  last_rotated_at,
  case
    when last_rotated_at is not null then 'known'
    when last_rotated_at_state in ('none', 'not-applicable') then last_rotated_at_state
    else 'unknown'
  end as last_rotated_at_state,
  set_at,
  expires_at,
  case
    when expires_at is not null then 'known'
    when expires_at_state in ('none', 'not-applicable') then expires_at_state
    else 'unknown'
  end as expires_at_state,
  last_used_at,
  case
    when last_used_at is not null then 'known'
    when last_used_at_state in ('none', 'not-applicable') then last_used_at_state
    else 'unknown'
  end as last_used_at_state,
  artifact,
  record,
  use_artifact,
  use_record
from named
left join classified
  on classified.classified_id = named.identity_id
