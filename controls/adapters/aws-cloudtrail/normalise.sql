-- One event per call. A role's session is told as the role, without the path, which the log of some events leaves out. Deliveries
-- may repeat an event: both rows then have one id.
insert into events (
  event_id, at, identity_id, actor, actor_kind, credential_native_id, action, target, outcome, address, interactive, on_behalf_of,
  log, agent, platform, scope, artifact, record
)
select
  concat_ws(' ', recipient, event_id) as event_id,
  at,
  case
    when coalesce(issuer, arn) like 'arn:%:iam::%:%/%' then regexp_replace(coalesce(issuer, arn), '^(arn:[a-z-]+:iam::[0-9]{12}:(?:user|role)/)(?:.*/)?([^/]+)$', '\1\2')
    when coalesce(issuer, arn) like 'arn:%:iam::%:root' then coalesce(issuer, arn)
  end as identity_id,
  coalesce(arn, invoked_by, principal, type, 'unstated') as actor,
  case when type in ('AWSService', 'AWSAccount') then 'provider' when type = 'Root' then 'person' else 'unknown' end as actor_kind,
  access_key as credential_native_id,
  concat(split_part(source, '.', 1), ':', name) as action,
  resource as target,
  case when error is null then 'success' else 'failure' end as outcome,
  address,
  coalesce(event_type = 'AwsConsoleSignIn' or name = 'ConsoleLogin' or from_console = 'true', false) as interactive,
  case when type = 'AssumedRole' then principal end as on_behalf_of,
  'cloudtrail' as log,
  agent,
  'aws' as platform,
  recipient as scope,
  artifact,
  record
from events;
