-- Every machine identity, and whether somebody who is still there answers for it.
with
owned as (
  select
    *,
    case
      when lower(source_owner) not in ('', '-', '?', 'n/a', 'na', 'none', 'nobody', 'null', 'tbd', 'unknown') then source_owner
    end as tagged_owner
  from machine_identities
)

select
  identity_id as subject,
  case
    when provider_managed then 'skip'
    when register_owner is not null and register_owner_status = 'active' then 'pass'
    when register_owner is not null and register_owner_status = 'left' then 'fail'
    when register_owner is not null and not $owner_status_required then 'pass'
    when register_owner is not null or tagged_owner is not null then 'unknown'
    else 'fail'
  end as outcome,
  concat(
    case
      when provider_managed then 'The platform made this identity and runs it; nobody in the organisation can own it.'
      when register_owner is not null and register_owner_status = 'active' then concat('The register names ', register_owner, ', who is still there.')
      when register_owner is not null and register_owner_status = 'left' then concat('The register still names ', register_owner, ', who has left.')
      when register_owner is not null
        then concat('The register names ', register_owner, ' and does not say whether they are still there.')
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
      else concat(' The source itself names "', tagged_owner, '", but nothing says whether they are still there.')
    end
  ) as reason,
  case when register_owner is not null then register_artifact else artifact end as artifact,
  case when register_owner is not null then register_record else record end as record,
  identity_id as identity
from owned
