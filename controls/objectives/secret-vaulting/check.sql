-- Every secret that a scanner found outside a vault, and whether it is still open.
with
scanned as (
  select
    findings.*,
    artifacts.instance,
    artifacts.collected_at,
    artifacts.extent,
    row_number() over (partition by findings.artifact, findings.tool, findings.finding_id order by findings.record) as copy
  from findings
  left join artifacts
    on artifacts.path = findings.artifact
),

-- The newest whole scan of each stated repository by each tool; a scan of a repository that nobody states stands for itself.
newest as (
  select tool, instance, max(collected_at) as collected_at
  from scanned
  where instance is not null
    and extent <> 'incomplete'
  group by tool, instance
),

-- The same finding in an older scan of the same repository is the same member of the population.
members as (
  select
    scanned.*,
    concat(scanned.tool, ': ', scanned.finding_id, ' in ', coalesce(scanned.instance, scanned.artifact)) as member,
    coalesce(scanned.collected_at < newest.collected_at, false) as superseded,
    newest.collected_at as newest_at
  from scanned
  left join newest
    on newest.tool = scanned.tool
    and newest.instance = scanned.instance
  where scanned.copy = 1
  qualify row_number() over (
    partition by concat(scanned.tool, ': ', scanned.finding_id, ' in ', coalesce(scanned.instance, scanned.artifact))
    order by scanned.collected_at desc nulls last, (scanned.status = 'open') desc, scanned.artifact, scanned.record
  ) = 1
),

-- The credential that was found, when the scanner gives its id.
owners as (
  select
    native_id,
    min(identity_id) as identity_id,
    min(credential) as credential,
    bool_or(status = 'active') as active,
    bool_and(status <> 'active') as dead
  from machine_credentials
  where native_id is not null
  group by native_id
),

judged as (
  select
    members.*,
    owners.identity_id,
    owners.credential,
    owners.active,
    owners.dead,
    case
      when members.status = 'dismissed' then 'dismissed'
      when members.status = 'resolved' and owners.active then 'still alive'
      when members.status = 'resolved' then 'resolved'
      when members.superseded and not coalesce(owners.active, false) then 'gone'
      else 'open'
    end as standing
  from members
  left join owners
    on owners.native_id = members.credential_native_id
),

told as (
  select
    member as subject,
    case standing
      when 'dismissed' then 'skip'
      when 'gone' then 'skip'
      when 'resolved' then 'pass'
      else 'fail'
    end as outcome,
    concat(
      'Rule ', rule, ' in ', file, coalesce(' line ' || line, ''),
      case when commit is not null and commit <> '' then concat(', commit ', commit) else '' end,
      coalesce(', first seen on ' || to_char(seen_at, '%Y-%m-%d') || ' (' || days_between(seen_at, $as_of) || ' days)', ''),
      ': ',
      case standing
        when 'dismissed' then 'somebody dismissed it in the scanner'
        when 'gone' then concat('the newer scan of ', to_char(newest_at, '%Y-%m-%d'), ' does not report it any more')
        when 'resolved' then 'the scanner reports it as resolved'
        when 'still alive' then 'the scanner reports it as resolved'
        else 'open'
      end,
      case
        when active then concat('; the credential is still active: ', credential)
        when dead then concat('; the credential is no longer active: ', credential)
        else ''
      end,
      '.'
    ) as reason,
    artifact,
    record,
    identity_id as identity
  from judged
)

select
  subject,
  outcome,
  regexp_replace(reason, '\b1 days\b', '1 day', 'g') as reason,
  artifact,
  record,
  identity
from told
