-- Every machine identity, and whether somebody who is still there answers for it, by the register and by the list of people and teams.
with
owned as (
  select
    *,
    case
      when lower(source_owner) not in ('', '-', '?', 'n/a', 'na', 'none', 'nobody', 'null', 'tbd', 'unknown') then source_owner
    end as tagged_owner
  from machine_identities
),

-- The list of people and teams, by every way in which other sources name them.
people_named as (
  select lower(trim(owner_ref)) as name, status, left_at, artifact, record from owners
  union all
  select lower(trim(name)) as name, status, left_at, artifact, record from owners where name is not null
  union all
  select lower(trim(email)) as name, status, left_at, artifact, record from owners where email is not null
),

-- A name that one row calls there and another gone may mean two people.
listed_people as (
  select
    name,
    case
      when bool_or(status = 'left') and bool_or(status = 'active') then 'both'
      when bool_or(status = 'left') then 'left'
      when bool_or(status = 'active') then 'active'
      else 'unknown'
    end as status,
    max(case when status = 'left' then left_at end) as left_at,
    min(concat(artifact, chr(31), record)) as place
  from people_named
  group by name
),

-- Only a whole list shows that somebody is not in it.
list_state as (
  select
    count(*) > 0 as listed,
    coalesce(bool_and(coalesce(artifacts.extent = 'complete', false)), false) as whole,
    min(concat(files.artifact, chr(31), files.record)) as place
  from (select artifact, min(record) as record from owners group by artifact) as files
  left join artifacts
    on artifacts.path = files.artifact
),

joined as (
  select
    owned.*,
    coalesce(owned.register_owner, owned.tagged_owner) as owner_name,
    listed_people.status as list_status,
    listed_people.left_at,
    coalesce(listed_people.place, list_state.place) as list_place,
    list_state.listed and listed_people.name is null as not_listed,
    list_state.whole as list_whole,
    leavers.person as leaver,
    leavers.certain as leaver_certain,
    leavers.artifact as leaver_artifact,
    leavers.record as leaver_record
  from owned
  cross join list_state
  left join listed_people
    on listed_people.name = lower(trim(coalesce(owned.register_owner, owned.tagged_owner)))
  left join leavers
    on leavers.name = lower(trim(coalesce(owned.register_owner, owned.tagged_owner)))
),

judged as (
  select
    *,
    case
      when provider_managed then 'provider'
      when owner_name is null then 'nobody'
      when register_owner is not null and register_owner_status = 'left' then 'left'
      when list_status = 'left' then 'left by the list'
      when list_status = 'both' then 'two of one name'
      when not_listed and list_whole then 'not in the list'
      when leaver_certain then 'left by another row'
      when leaver is not null then 'perhaps left'
      when register_owner is not null and register_owner_status = 'active' then 'there'
      when list_status = 'active' then 'there by the list'
      when not_listed then 'perhaps not in the list'
      when register_owner is not null and not $owner_status_required then 'taken at its word'
      else 'not known'
    end as standing
  from joined
)

select
  identity_id as subject,
  case
    when standing = 'provider' then 'skip'
    when standing in ('there', 'there by the list', 'taken at its word') then 'pass'
    when standing in ('two of one name', 'perhaps left', 'perhaps not in the list', 'not known') then 'unknown'
    else 'fail'
  end as outcome,
  concat(
    case
      when standing = 'provider' then 'The platform made this identity and runs it; nobody in the organisation can own it.'
      when standing = 'there' then concat('The register names ', register_owner, ', who is still there.')
      when standing = 'left' then concat('The register still names ', register_owner, ', who has left.')
      when register_owner is not null and standing in ('not known', 'taken at its word')
        then concat('The register names ', register_owner, ' and does not say whether they are still there.')
      when register_owner is not null then concat('The register names ', register_owner, '.')
      when tagged_owner is not null and in_register
        then 'The register leaves the owner empty.'
      when tagged_owner is not null
        then 'No row of the register names it.'
      when in_register then 'The register leaves the owner empty, and no source names one.'
      else 'No row of the register names it, and no source names an owner.'
    end,
    case
      when provider_managed or tagged_owner is null or lower(tagged_owner) = lower(register_owner) then ''
      when register_owner is not null then concat(' The source itself names "', tagged_owner, '".')
      when standing = 'not known' then concat(' The source itself names "', tagged_owner, '", but nothing says whether they are still there.')
      else concat(' The source itself names "', tagged_owner, '".')
    end,
    case standing
      when 'left by the list' then concat(
        ' By the list of owners they have left', coalesce(', on ' || to_char(left_at, '%Y-%m-%d'), ''),
        case when register_owner is not null and register_owner_status = 'active' then '; the register still says that they are there' else '' end,
        '.'
      )
      when 'two of one name' then ' The list of owners has somebody of this name who has left and somebody who has not.'
      when 'left by another row' then concat(' Another row of the register says that ', leaver, ' has left.')
      when 'perhaps left' then concat(' Whether they are still there cannot be told: ', leaver, ' is said to have left, and no source says whether that is the same person.')
      when 'not in the list' then ' The list of owners, which is whole, does not know them.'
      when 'perhaps not in the list' then ' The list of owners does not know them; whether it is whole is not known.'
      when 'there by the list' then ' By the list of owners they are still there.'
      else ''
    end
  ) as reason,
  case
    when standing in ('left by the list', 'two of one name', 'not in the list') then split_part(list_place, chr(31), 1)
    when standing in ('left by another row', 'perhaps left') then leaver_artifact
    when register_owner is not null then register_artifact
    else artifact
  end as artifact,
  case
    when standing in ('left by the list', 'two of one name', 'not in the list') then split_part(list_place, chr(31), 2)
    when standing in ('left by another row', 'perhaps left') then leaver_record
    when register_owner is not null then register_record
    else record
  end as record,
  identity_id as identity
from judged
