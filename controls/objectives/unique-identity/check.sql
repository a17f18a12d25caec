-- Every machine identity with credentials or with several services, and every public key that stands in several certificates: nothing is shared.
with
credentials_of as (
  select
    *,
    coalesce(identity_id, identity_name, credential) as holder,
    status = 'active' and not coalesce(expires_at <= $as_of, false) as live
  from machine_credentials
),

-- Credentials that stand at several identities; an identity that the source does not say in full is not compared.
shared as (
  select native_id, count(distinct identity_id) as identities_count
  from machine_credentials
  where native_id is not null
  group by native_id
  having count(distinct identity_id) > 1
),

-- From where, and by which programs, each credential was used in the period. Calls that the platform makes on its own are left out.
uses as (
  select credential_native_id as native_id, address, agent, artifact, record
  from events
  where credential_native_id is not null
    and outcome <> 'failure'
    and at between $period_from and $period_to
),

uses_from as (
  select native_id, address, artifact, record
  from uses
  where address is not null
    and address not like '%.amazonaws.com'
    and address <> 'AWS Internal'
),

addresses as (
  select native_id, count(*) as addresses_count, min(address) as first_address, max(address) as last_address
  from (select distinct native_id, address from uses_from) as used_from
  group by native_id
  having count(*) > $addresses_max
),

-- Where it stands is asked of the few that are used too widely.
address_places as (
  select native_id, min(concat(artifact, chr(31), record)) as place
  from uses_from
  where native_id in (select native_id from addresses)
  group by native_id
),

uses_by as (
  select native_id, lower(split_part(split_part(trim(agent), '/', 1), ' ', 1)) as program, artifact, record
  from uses
  where trim(agent) <> ''
    and agent not like '%.amazonaws.com'
    and agent <> 'AWS Internal'
),

programs as (
  select native_id, count(*) as programs_count, min(program) as first_program, max(program) as last_program
  from (select distinct native_id, program from uses_by) as used_by
  group by native_id
  having count(*) > $programs_max
),

program_places as (
  select native_id, min(concat(artifact, chr(31), record)) as place
  from uses_by
  where native_id in (select native_id from programs)
  group by native_id
),

-- Credentials of which the logs of the period show the use. A log that names a credential nowhere proves nothing about it: who can say that it holds the whole period?
seen_in_use as (
  select distinct credential_native_id as native_id
  from events
  where credential_native_id is not null
    and at between $period_from and $period_to
),

-- What tells by how many each live credential is used: events of its use, or a source that says that it rested all through the period; else nothing.
told_uses as (
  select
    credentials_of.holder,
    seen_in_use.native_id is null and (credentials_of.last_used_at_state = 'none' or coalesce(credentials_of.last_used_at < $period_from, false)) as rested,
    seen_in_use.native_id is not null as logged
  from credentials_of
  left join seen_in_use
    on seen_in_use.native_id = credentials_of.native_id
  where credentials_of.live
),

untold as (
  select
    holder,
    count(*) filter (where not rested and not logged) as untold_count,
    bool_and(rested) as all_rested
  from told_uses
  group by holder
),

-- The credential of an identity that is used most widely.
widest as (
  select
    credentials_of.holder,
    credentials_of.native_id,
    addresses.addresses_count,
    addresses.first_address,
    addresses.last_address,
    programs.programs_count,
    programs.first_program,
    programs.last_program,
    coalesce(address_places.place, program_places.place) as place
  from credentials_of
  left join addresses
    on addresses.native_id = credentials_of.native_id
  left join address_places
    on address_places.native_id = credentials_of.native_id
  left join programs
    on programs.native_id = credentials_of.native_id
  left join program_places
    on program_places.native_id = credentials_of.native_id
  where coalesce(addresses.native_id, programs.native_id) is not null
  qualify row_number() over (
    partition by credentials_of.holder
    order by addresses.addresses_count desc nulls last, programs.programs_count desc nulls last, credentials_of.native_id
  ) = 1
),

-- Identities that the register names under several services.
services as (
  select
    machine_identities.identity_id,
    min(machine_identities.register_artifact) as artifact,
    min(machine_identities.register_record) as record,
    count(distinct lower(trim(register.service))) as services_count,
    min(trim(register.service)) as first_service,
    max(trim(register.service)) as last_service
  from machine_identities
  inner join register_matches
    on register_matches.identity_id = machine_identities.identity_id
    and register_matches.artifact = machine_identities.register_artifact
  inner join register
    on register.artifact = register_matches.artifact
    and register.record = register_matches.record
    and register.register_id = register_matches.register_id
  where register_matches.fits = 1
    and lower(trim(register.service)) not in ('', '-', '?', 'n/a', 'na', 'none', 'null', 'tbd', 'unknown')
  group by machine_identities.identity_id
  having count(distinct lower(trim(register.service))) > 1
),

kinds as (
  select
    holder,
    kind,
    count(*) filter (where live) as live_count,
    max(set_at) filter (where live) as newest_set_at
  from credentials_of
  group by holder, kind
),

-- The kind of credential of which an identity has most.
most as (
  select *
  from kinds
  qualify row_number() over (partition by holder order by live_count desc, newest_set_at, kind) = 1
),

-- The credential to point at: a shared one, else a live one of the kind with most.
pointed as (
  select
    credentials_of.*,
    shared.identities_count
  from credentials_of
  inner join most
    on most.holder = credentials_of.holder
  left join shared
    on shared.native_id = credentials_of.native_id
  qualify row_number() over (
    partition by credentials_of.holder
    order by
      (shared.native_id is not null) desc,
      (credentials_of.kind = most.kind) desc,
      credentials_of.live desc,
      credentials_of.artifact,
      credentials_of.record,
      credentials_of.credential
  ) = 1
),

judged as (
  select
    pointed.holder,
    pointed.identity_id,
    pointed.native_id,
    pointed.identities_count,
    pointed.artifact,
    pointed.record,
    most.kind as most_kind,
    most.live_count,
    days_between(most.newest_set_at, $as_of) as newest_days,
    widest.native_id as widest_id,
    widest.addresses_count,
    widest.first_address,
    widest.last_address,
    widest.programs_count,
    widest.first_program,
    widest.last_program,
    widest.place as widest_place,
    services.services_count,
    services.first_service,
    services.last_service,
    coalesce(untold.untold_count, 0) as untold_count,
    coalesce(untold.all_rested, false) as all_rested,
    case
      when pointed.identities_count > 1 then 'shared'
      when most.live_count <= $active_max then 'single'
      when most.live_count = $active_max + 1
        and days_between(most.newest_set_at, $as_of) between 0 and $overlap_days_max then 'rotating'
      else 'several'
    end as standing
  from pointed
  inner join most
    on most.holder = pointed.holder
  left join widest
    on widest.holder = pointed.holder
  left join services
    on services.identity_id = pointed.identity_id
  left join untold
    on untold.holder = pointed.holder
),

leaves as (
  select *
  from certificates
  where not is_ca
  qualify row_number() over (partition by certificate_id order by artifact, record) = 1
),

repeated as (
  select
    key_id,
    count(*) as certificates_count,
    count(distinct lower(name)) as names_count,
    min(name) as first_name,
    max(name) as last_name
  from leaves
  group by key_id
  having count(*) > 1
),

first_leaves as (
  select *
  from leaves
  qualify row_number() over (partition by key_id order by artifact, record, certificate_id) = 1
),

told as (
  select
    holder as subject,
    case
      when standing not in ('single', 'rotating') or widest_id is not null or services_count is not null then 'fail'
      when untold_count > 0 then 'unknown'
      else 'pass'
    end as outcome,
    concat(
      case standing
        when 'shared' then concat('The credential ', native_id, ' stands at ', identities_count, ' identities.')
        when 'single' then concat(
          case when live_count = 0 then 'No live credential' else concat(live_count, ' live credential', case when live_count = 1 then '' else 's' end, ' of the kind ', most_kind) end,
          '; ', $active_max, ' allowed at a time.'
        )
        when 'rotating' then concat(
          live_count, ' live credentials of the kind ', most_kind, '; the newest is ', newest_days, ' days old, and ', $overlap_days_max, ' days of overlap are allowed.'
        )
        else concat(
          live_count, ' live credentials of the kind ', most_kind, '; ', $active_max, ' allowed at a time',
          coalesce(', the newest is ' || newest_days || ' days old, and ' || $overlap_days_max || ' days of overlap are allowed', ''),
          '.'
        )
      end,
      case
        when standing in ('single', 'rotating') and widest_id is null and services_count is null and untold_count > 0
          then ' Whether several workloads use it no log of this period shows.'
        when standing in ('single', 'rotating') and all_rested then case when live_count = 1 then ' It was not used in this period.' else ' None was used in this period.' end
        else ''
      end,
      case when addresses_count is null then '' else concat(
        ' The credential ', widest_id, ' was used from ', addresses_count, ' addresses in this period, such as ', first_address, ' and ', last_address, '; ', $addresses_max, ' are allowed.'
      ) end,
      case when programs_count is null then '' else concat(
        ' The credential ', widest_id, ' was used by ', programs_count, ' programs in this period, such as ', first_program, ' and ', last_program, '; ', $programs_max, ' are allowed.'
      ) end,
      case when services_count is null then '' else concat(
        ' The register names it under ', services_count, ' services: ', first_service, ' and ', last_service,
        case when services_count > 2 then concat(' and ', services_count - 2, ' more') else '' end, '.'
      ) end
    ) as reason,
    case when standing in ('single', 'rotating') and widest_id is not null then split_part(widest_place, chr(31), 1) else artifact end as artifact,
    case when standing in ('single', 'rotating') and widest_id is not null then split_part(widest_place, chr(31), 2) else record end as record,
    identity_id as identity
  from judged
  union all
  select
    services.identity_id as subject,
    'fail' as outcome,
    concat(
      'The register names it under ', services.services_count, ' services: ', services.first_service, ' and ', services.last_service,
      case when services.services_count > 2 then concat(' and ', services.services_count - 2, ' more') else '' end, '.'
    ) as reason,
    services.artifact,
    services.record,
    services.identity_id as identity
  from services
  left join judged
    on judged.holder = services.identity_id
  where judged.holder is null
  union all
  select
    concat('certificate key ', repeated.key_id) as subject,
    case when repeated.names_count > 1 then 'fail' else 'skip' end as outcome,
    case
      when repeated.names_count > 1 then concat(
        'One private key serves ', repeated.names_count, ' names in ', repeated.certificates_count, ' certificates: ',
        repeated.first_name, ' and ', repeated.last_name,
        case when repeated.names_count > 2 then concat(' and ', repeated.names_count - 2, ' more') else '' end,
        '.'
      )
      else concat(repeated.certificates_count, ' certificates of ', repeated.first_name, ' have the same key; it serves one name, so it is not shared.')
    end as reason,
    first_leaves.artifact,
    first_leaves.record,
    cast(null as varchar) as identity
  from repeated
  inner join first_leaves
    on first_leaves.key_id = repeated.key_id
)

select
  subject,
  outcome,
  regexp_replace(reason, '\b1 days\b', '1 day', 'g') as reason,
  artifact,
  record,
  identity
from told
