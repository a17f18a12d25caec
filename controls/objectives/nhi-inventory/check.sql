-- Every machine identity that a source shows and every register row that no source shows; the two lists must agree.
with
-- Rows of the register that name an identity of some source.
found as (
  select distinct artifact, record, register_id
  from register_matches
),

-- Where the exports would have shown an identity of any kind, and whether they are whole.
covered as (
  select
    lower(identities.platform) as platform,
    lower(identities.scope) as scope,
    -- On AWS the report of users is whole without the roles; a list of both shows at least one role.
    bool_or(coalesce(artifacts.extent = 'complete', false) and (identities.platform <> 'aws' or identities.kind = 'role')) as whole
  from identities
  left join artifacts
    on artifacts.path = identities.artifact
  group by lower(identities.platform), lower(identities.scope)
),

unseen as (
  select
    concat_ws(' ', 'register:', nullif(lower(trim(register.platform)), ''), nullif(trim(register.scope), ''), trim(register.name)) as subject,
    covered.whole,
    nullif(trim(register.platform), '') is not null and nullif(trim(register.scope), '') is not null as placed,
    concat_ws(' ', nullif(lower(trim(register.platform)), ''), nullif(trim(register.scope), '')) as stated_place,
    nullif(trim(register.identity_ref), '') as identity,
    register.artifact,
    register.record
  from register
  left join found
    on found.artifact = register.artifact
    and found.record = register.record
    and found.register_id = register.register_id
  left join covered
    on covered.platform = lower(trim(register.platform))
    and covered.scope = lower(trim(register.scope))
  where found.register_id is null
  qualify row_number() over (
    partition by concat_ws(' ', 'register:', nullif(lower(trim(register.platform)), ''), nullif(trim(register.scope), ''), trim(register.name))
    order by register.artifact, register.record, register.register_id
  ) = 1
)

select
  identity_id as subject,
  case
    when provider_managed then 'skip'
    when in_register then 'pass'
    else 'fail'
  end as outcome,
  case
    when provider_managed then 'The platform made this identity and runs it; the register need not hold it.'
    when in_register then concat(
      'The sources show it, and the register holds it as "', register_name, '"',
      case register_match
        when 'identity' then ' with its id'
        when 'alias' then ', by a stated alias'
        else ', by platform, scope and name'
      end,
      case when register_rows > 1 then concat('; ', register_rows, ' rows of the register name it') else '' end,
      '.'
    )
    when register_match = 'ambiguous' then concat(
      'The sources show "', name, '" on ', concat_ws(' ', platform, scope),
      '; a row of the register fits this and another identity, so it names neither for certain.'
    )
    else concat('The sources show "', name, '" on ', concat_ws(' ', platform, scope), '; no row of the register names it.')
  end as reason,
  artifact,
  record,
  identity_id as identity,
  false as contradicted
from machine_identities
union all
select
  subject,
  case when whole then 'fail' else 'unknown' end as outcome,
  case
    when whole then concat('The register holds it, but the exports of ', stated_place, ' do not show it.')
    when whole is not null then concat('The register holds it, and no export of ', stated_place, ' shows it, but they are not known to be whole.')
    when placed then concat('The register holds it, but no export of ', stated_place, ' was collected.')
    else 'The register holds it without saying on which platform and in which account, so no export can be compared with it.'
  end as reason,
  artifact,
  record,
  identity,
  -- A whole export speaks against the register.
  whole is true as contradicted
from unseen
