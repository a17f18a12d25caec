-- Every machine identity, and whether it is on record what it is for and which service needs it.
with
purposes as (
  select
    *,
    case
      when lower(source_purpose) not in ('', '-', '?', 'n/a', 'na', 'none', 'null', 'tbd', 'unknown') then source_purpose
    end as tagged_purpose
  from machine_identities
),

stated as (
  select
    *,
    coalesce(register_purpose, tagged_purpose) as purpose,
    coalesce(lower(coalesce(register_purpose, tagged_purpose)) in (lower(register_service), lower(name)), false) as repeats
  from purposes
)

select
  identity_id as subject,
  case
    when provider_managed then 'skip'
    when purpose is not null and (register_service is not null or not $service_required) and (not repeats or $repetition_allowed) then 'pass'
    else 'fail'
  end as outcome,
  case
    when provider_managed then 'The platform made this identity and runs it for a purpose of its own.'
    when purpose is null and not in_register then 'No row of the register names it, and the source states no purpose.'
    when purpose is null and register_service is null then 'The register states neither a purpose nor a service, and the source states no purpose.'
    when purpose is null then concat('It belongs to the service "', register_service, '", but neither the register nor the source says what it is for.')
    when register_service is null and $service_required then concat('Its purpose is stated as "', purpose, '", but not the service that needs it.')
    else concat(
      'Its purpose is stated as "', purpose, '"',
      coalesce(' for the service "' || register_service || '"', ''),
      case when repeats then ', which only repeats a name' else '' end,
      '.'
    )
  end as reason,
  case when register_purpose is not null then register_artifact else artifact end as artifact,
  case when register_purpose is not null then register_record else record end as record,
  identity_id as identity
from stated
