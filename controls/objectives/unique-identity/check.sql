-- Every machine identity with credentials, and every public key that stands in several certificates: nothing is shared.
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
    case when standing in ('single', 'rotating') then 'pass' else 'fail' end as outcome,
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
    end as reason,
    artifact,
    record,
    identity_id as identity
  from judged
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
