-- Every finding of a scanner and whether it was followed up in time, every scan and how old it is, and every repository that other exports show and no scan covers.
with
scanners as (
  select distinct trim(adapter) as adapter
  from (select unnest(string_to_array(lower($scanners), ',')) as adapter)
),

scan_files as (
  select artifacts.path, artifacts.adapter, artifacts.instance, artifacts.collected_at, artifacts.extent
  from artifacts
  inner join scanners
    on scanners.adapter = artifacts.adapter
  where artifacts.state = 'used'
),

-- The newest scan of each place by each tool; a scan of a place that nobody states stands for itself.
scans as (
  select *
  from scan_files
  qualify row_number() over (partition by adapter, coalesce(instance, path) order by collected_at desc nulls last, path) = 1
),

scanned as (
  select
    findings.*,
    artifacts.instance,
    artifacts.collected_at,
    artifacts.extent
  from findings
  left join artifacts
    on artifacts.path = findings.artifact
  qualify row_number() over (partition by findings.artifact, findings.tool, findings.finding_id order by findings.record) = 1
),

newest as (
  select tool, instance, max(collected_at) as collected_at
  from scanned
  where instance is not null
    and extent <> 'incomplete'
  group by tool, instance
),

-- The same finding in an older scan of the same place is the same member; its first notice counts.
noticed as (
  select
    scanned.*,
    concat(scanned.tool, ': ', scanned.finding_id, ' in ', coalesce(scanned.instance, scanned.artifact)) as member,
    coalesce(scanned.collected_at < newest.collected_at, false) as superseded,
    newest.collected_at as newest_at,
    min(scanned.seen_at) over (partition by concat(scanned.tool, ': ', scanned.finding_id, ' in ', coalesce(scanned.instance, scanned.artifact))) as noticed_at
  from scanned
  left join newest
    on newest.tool = scanned.tool
    and newest.instance = scanned.instance
),

members as (
  select *
  from noticed
  qualify row_number() over (
    partition by member
    order by collected_at desc nulls last, (status = 'open') desc, artifact, record
  ) = 1
),

-- The credential that was found, when the scanner gives its id.
found_credentials as (
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

-- Tickets that name a file, a finding or a credential, as a word of their own.
ticket_words as (
  select distinct ticket_id, status, status_class, artifact, record, word
  from (
    select
      ticket_id, status, status_class, artifact, record,
      unnest(string_to_array(regexp_replace(lower(concat_ws(' ', summary, description, labels)), '[\s,;()"''<>]+', ' ', 'g'), ' ')) as word
    from tickets
  )
  where length(word) > 3
),

wanted as (
  select distinct member, lower(file) as word from members
  union
  select distinct member, lower(finding_id) as word from members
  union
  select distinct member, lower(credential_native_id) as word from members where credential_native_id is not null
),

followed as (
  select
    wanted.member,
    first_value(ticket_words.ticket_id order by ticket_words.status_class <> 'open', ticket_words.ticket_id, ticket_words.artifact, ticket_words.record) as ticket_id,
    first_value(ticket_words.status order by ticket_words.status_class <> 'open', ticket_words.ticket_id, ticket_words.artifact, ticket_words.record) as ticket_status,
    bool_or(ticket_words.status_class = 'open') as ticket_open
  from wanted
  inner join ticket_words
    on ticket_words.word = wanted.word
  group by wanted.member
),

judged as (
  select
    members.*,
    found_credentials.identity_id,
    found_credentials.credential,
    coalesce(found_credentials.active, false) as active,
    coalesce(found_credentials.dead, false) as dead,
    followed.ticket_id,
    followed.ticket_status,
    days_between(members.noticed_at, $as_of) as age_days,
    case
      when members.status = 'resolved' and coalesce(found_credentials.active, false) then 'closed alive'
      when members.status = 'resolved' then 'resolved'
      when members.status = 'dismissed' and coalesce(found_credentials.active, false) then 'dismissed alive'
      when members.status = 'dismissed' and nullif(trim(members.dismissal), '') is null and followed.ticket_id is null then 'dismissed for nothing'
      when members.status = 'dismissed' then 'dismissed'
      when members.superseded and not coalesce(found_credentials.active, false) then 'gone'
      when coalesce(found_credentials.dead, false) then 'dead'
      when members.noticed_at > $as_of then 'future'
      when members.noticed_at is null and (coalesce(found_credentials.active, false) or followed.ticket_id is null) then 'undated'
      when days_between(members.noticed_at, $as_of) <= $close_days_max then 'young'
      when coalesce(found_credentials.active, false) then 'alive'
      when followed.ticket_open then 'tracked'
      when followed.ticket_id is not null then 'claimed'
      else 'nobody'
    end as standing
  from members
  left join found_credentials
    on found_credentials.native_id = members.credential_native_id
  left join followed
    on followed.member = members.member
),

-- Repositories that other exports show: what pipelines ran on, and what has deploy keys.
repositories as (
  select
    repository,
    min(concat(artifact, chr(10), record)) as place
  from (
    select split_part(target, '@', 1) as repository, artifact, record
    from events
    where log = 'github-actions'
    union all
    select scope as repository, artifact, record
    from identities
    where kind = 'deploy-key'
  )
  where repository like '%/%'
  group by repository
),

-- What scans cover: the place as its collector states it, whole or without the word before it, and the repositories that findings name.
covered as (
  select lower(instance) as name from scan_files where instance is not null
  union
  select lower(trim(split_part(instance, ':', 2))) as name from scan_files where instance like '%:%'
  union
  select lower(repository) as name from findings where repository is not null
),

repositories_judged as (
  select
    repositories.repository,
    split_part(repositories.place, chr(10), 1) as artifact,
    split_part(repositories.place, chr(10), 2) as record,
    coalesce(whole.name, short.name, owner.name) as covered_as
  from repositories
  left join covered as whole
    on whole.name = lower(repositories.repository)
  left join covered as short
    on short.name = lower(split_part(repositories.repository, '/', 2))
  left join covered as owner
    on owner.name = lower(split_part(repositories.repository, '/', 1))
),

told as (
  select
    member as subject,
    case
      when standing in ('resolved', 'dismissed', 'dead', 'tracked') then 'pass'
      when standing in ('gone', 'young') then 'skip'
      when standing in ('undated', 'future', 'claimed') then 'unknown'
      else 'fail'
    end as outcome,
    concat(
      'Rule ', rule, ' in ', file, coalesce(' line ' || line, ''), ': ',
      case standing
        when 'closed alive' then 'the scanner reports it as resolved, but the credential is still active'
        when 'resolved' then 'the scanner reports it as resolved'
        when 'dismissed alive' then 'somebody dismissed it, but the credential is still active'
        when 'dismissed for nothing' then 'somebody dismissed it, and neither the scanner nor a ticket says why'
        when 'dismissed' then concat('somebody dismissed it', coalesce(': ' || nullif(trim(dismissal), ''), ', and ' || ticket_id || ' says why'))
        when 'gone' then concat('the newer scan of ', to_char(newest_at, '%Y-%m-%d'), ' does not report it any more')
        when 'dead' then 'open, and the credential is no longer active'
        when 'future' then concat('it is said to have been seen on ', to_char(noticed_at, '%Y-%m-%d'), ', after the date of this report')
        when 'undated' then concat('open, and no source says since when', case when active then '; the credential is still active' else '' end)
        when 'young' then concat(
          'open for ', age_days, ' days, ', $close_days_max, ' are allowed',
          case when active then '; the credential is still active' else '' end
        )
        when 'alive' then concat(
          'the credential is still active ', age_days, ' days after it was noticed on ', to_char(noticed_at, '%Y-%m-%d'), '; ', $close_days_max, ' are allowed'
        )
        when 'tracked' then concat('open for ', age_days, ' days, and ', ticket_id, ' follows it ("', ticket_status, '")')
        when 'claimed' then concat(
          'still reported after ', age_days, ' days although ', ticket_id, ' stands at "', ticket_status, '"; whether the credential was replaced cannot be seen'
        )
        else concat('open for ', age_days, ' days, since ', to_char(noticed_at, '%Y-%m-%d'), ', ', $close_days_max, ' are allowed, and no ticket names it')
      end,
      case
        when standing in ('closed alive', 'dismissed alive', 'dead', 'undated', 'young', 'alive') and credential is not null then concat(' (', credential, ')')
        else ''
      end,
      case
        when standing = 'alive' and ticket_id is null then '; no ticket names it'
        when standing = 'alive' then concat('; ', ticket_id, ' stands at "', ticket_status, '"')
        else ''
      end,
      '.'
    ) as reason,
    artifact,
    record,
    identity_id as identity
  from judged
  union all
  select
    concat('scan of ', coalesce(instance, path), ' by ', adapter) as subject,
    case
      when collected_at is null then 'unknown'
      when collected_at <= $as_of and days_between(collected_at, $as_of) <= $scan_days_max then 'pass'
      else 'fail'
    end as outcome,
    case
      when collected_at is null then 'Nobody states when it was made.'
      else concat('Made ', days_between(collected_at, $as_of), ' days ago, on ', to_char(collected_at, '%Y-%m-%d'), '; ', $scan_days_max, ' are allowed.')
    end as reason,
    path as artifact,
    'file' as record,
    cast(null as varchar) as identity
  from scans
  union all
  select
    concat('repository ', repository) as subject,
    case when covered_as is null then 'fail' else 'pass' end as outcome,
    case
      when covered_as is null then 'No scan that was collected covers it.'
      else concat('A scan of ', covered_as, ' covers it.')
    end as reason,
    artifact,
    record,
    cast(null as varchar) as identity
  from repositories_judged
)

select
  subject,
  outcome,
  regexp_replace(reason, '\b1 days\b', '1 day', 'g') as reason,
  artifact,
  record,
  identity
from told
