-- Findings of the classes 2001, 2003 and 2004. What judges a setting was seen by the export. A detection tells of something that
-- happened: it has no status code, and its time is in seconds from some tools and in milliseconds from others.
insert into posture (
  result_id, tool, rule, severity, status, resource, identity_id, scope, message, seen_at, seen_at_state, kind, artifact, record
)
with
told as (
  select
    *,
    class = 2004 and status_code is null as detection,
    case
      when regexp_like(created_time, '^[0-9]{10}$') then to_timestamp_micros(cast(created_time as bigint) * 1000000)
      when regexp_like(created_time, '^[0-9]{13}$') then to_timestamp_micros(cast(created_time as bigint) * 1000)
    end as detected_at
  from results
)

select
  id as result_id,
  lower(coalesce(tool, 'ocsf')) as tool,
  coalesce(check, title, 'unstated') as rule,
  severity,
  case
    when lower(status) = 'suppressed' then 'muted'
    when detection and lower(status) in ('resolved', 'archived') then 'pass'
    when status_code in ('FAIL', 'PASS', 'MANUAL') then lower(status_code)
    when status_code is null then 'fail'
    else 'unknown'
  end as status,
  coalesce(resource, resource_name, 'unstated') as resource,
  case when resource like 'arn:%:iam::%:%/%' then regexp_replace(resource, '^(arn:[a-z-]+:iam::[0-9]{12}:(?:user|role)/)(?:.*/)?([^/]+)$', '\1\2') end as identity_id,
  account as scope,
  message,
  case when detection then detected_at else $collected_at end as seen_at,
  case when case when detection then detected_at else $collected_at end is not null then 'known' else 'unknown' end as seen_at_state,
  case when detection then 'detection' end as kind,
  artifact,
  record
from told;
