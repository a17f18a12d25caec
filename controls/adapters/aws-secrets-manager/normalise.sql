-- Secrets by name and dates. Without RotationEnabled nobody rotates it; without LastRotatedDate it was never rotated.
insert into secrets (
  secret_id, store, name, scope, kind, created_at, created_at_state, last_changed_at, last_changed_at_state, last_rotated_at,
  last_rotated_at_state, rotation_enabled, rotation_days, expires_at_state, last_used_at, last_used_at_state, deleted_at,
  deleted_at_state, owner_ref, artifact, record
)
with
placed as (
  select * from secrets
),

owned as (
  select arn, max(value) as owner_ref
  from tags
  where lower(key) in ('owner', 'team')
  group by arn
)

select
  placed.arn as secret_id,
  'aws-secrets-manager' as store,
  placed.name,
  split_part(placed.arn, ':', 5) as scope,
  placed.service as kind,
  placed.created_at,
  placed.created_at_state,
  placed.changed_at as last_changed_at,
  placed.changed_at_state as last_changed_at_state,
  placed.rotated_at as last_rotated_at,
  placed.rotated_at_state as last_rotated_at_state,
  coalesce(placed.rotation, false) as rotation_enabled,
  placed.days as rotation_days,
  'none' as expires_at_state,
  placed.used_at as last_used_at,
  placed.used_at_state as last_used_at_state,
  placed.deleted_at,
  placed.deleted_at_state,
  owned.owner_ref,
  placed.artifact,
  placed.record
from placed
left join owned
  on owned.arn = placed.arn;
