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
    -- Keys of one identity that were set at the very same time are paired in order, active ones first.
    row_number() over (
      partition by identity_id, kind, native_id is null, coalesce(last_rotated_at, created_at)
      order by status, credential_id
    ) as pair
  from statements
  where place = 1
),

-- Keys by their slot, as the credential report of AWS states them: with last use and without id.
by_slot as (
  select *
  from once
  where kind = 'access-key'
    and native_id is null
    and slot is not null
    and identity_id is not null
    and stated_set_at is not null
),

-- Keys by their id, as the list of access keys states them.
by_id as (
  select *
  from once
  where kind = 'access-key'
    and native_id is not null
    and slot is null
    and identity_id is not null
    and stated_set_at is not null
),

joined as (
  select
    by_id.credential_id,
    by_slot.credential_id as slot_credential_id,
    by_id.identity_id,
    coalesce(by_id.identity_name, by_slot.identity_name) as identity_name,
    by_id.identity_known,
    by_id.kind,
    by_id.native_id,
    by_slot.slot,
    case when by_slot.status = 'active' then 'active' else by_id.status end as status,
    case
      when by_slot.status <> by_id.status
      then concat(by_id.artifact, ' says ', by_id.status, ', ', by_slot.artifact, ' says ', by_slot.status)
    end as status_conflict,
    coalesce(by_id.created_at, by_slot.created_at) as created_at,
    case when by_id.created_at is not null then by_id.created_at_state else by_slot.created_at_state end as created_at_state,
    coalesce(by_slot.last_rotated_at, by_id.last_rotated_at) as last_rotated_at,
    case when by_slot.last_rotated_at is not null then by_slot.last_rotated_at_state else by_id.last_rotated_at_state end as last_rotated_at_state,
    by_id.stated_set_at as set_at,
    coalesce(by_id.expires_at, by_slot.expires_at) as expires_at,
    case when coalesce(by_id.expires_at_state, 'unknown') = 'unknown' then by_slot.expires_at_state else by_id.expires_at_state end as expires_at_state,
    case
      when by_id.last_used_at is null or by_slot.last_used_at > by_id.last_used_at then by_slot.last_used_at
      else by_id.last_used_at
    end as last_used_at,
    case when coalesce(by_slot.last_used_at_state, 'unknown') = 'unknown' then by_id.last_used_at_state else by_slot.last_used_at_state end
      as last_used_at_state,
    by_id.artifact,
    by_id.record,
    case when by_id.last_used_at is null or by_slot.last_used_at > by_id.last_used_at then by_slot.artifact else by_id.artifact end as use_artifact,
    case when by_id.last_used_at is null or by_slot.last_used_at > by_id.last_used_at then by_slot.record else by_id.record end as use_record
  from by_id
  inner join by_slot
    on by_slot.identity_id = by_id.identity_id
    and by_slot.stated_set_at = by_id.stated_set_at
    and by_slot.pair = by_id.pair
),

-- What one source alone states.
alone as (
  select
    once.credential_id,
    once.identity_id,
    once.identity_name,
    once.identity_known,
    once.kind,
    once.native_id,
    once.slot,
    once.status,
    cast(null as varchar) as status_conflict,
    once.created_at,
    once.created_at_state,
    once.last_rotated_at,
    once.last_rotated_at_state,
    once.stated_set_at as set_at,
    once.expires_at,
    once.expires_at_state,
    once.last_used_at,
    once.last_used_at_state,
    once.artifact,
    once.record,
    once.artifact as use_artifact,
    once.record as use_record
  from once
  left join joined as id_side
    on id_side.identity_id = once.identity_id
    and id_side.credential_id = once.credential_id
  left join joined as slot_side
    on slot_side.identity_id = once.identity_id
    and slot_side.slot_credential_id = once.credential_id
  where id_side.credential_id is null
    and slot_side.credential_id is null
),

together as (
  select
    credential_id, identity_id, identity_name, identity_known, kind, native_id, slot, status, status_conflict,
    created_at, created_at_state, last_rotated_at, last_rotated_at_state, set_at, expires_at, expires_at_state,
    last_used_at, last_used_at_state, artifact, record, use_artifact, use_record
  from joined
  union all
  select
    credential_id, identity_id, identity_name, identity_known, kind, native_id, slot, status, status_conflict,
    created_at, created_at_state, last_rotated_at, last_rotated_at_state, set_at, expires_at, expires_at_state,
    last_used_at, last_used_at_state, artifact, record, use_artifact, use_record
  from alone
),

named as (
  select
    *,
    case
      when strpos(credential_id, coalesce(identity_id, identity_name, credential_id)) > 0 then credential_id
      else concat(coalesce(identity_id, identity_name), ' ', credential_id)
    end as shown
  from together
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
