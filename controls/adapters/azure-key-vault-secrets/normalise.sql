-- Each version is created once and never changes its value, so that the day of creation is the day of the last rotation.
insert into secrets (
  secret_id, store, name, scope, kind, created_at, created_at_state, last_changed_at, last_changed_at_state, last_rotated_at,
  last_rotated_at_state, expires_at, expires_at_state, last_used_at_state, deleted_at_state, owner_ref, artifact, record
)
select
  id as secret_id,
  'azure-key-vault' as store,
  regexp_replace(id, '^.*/(?:secrets|keys|certificates)/([^/]+).*$', '\1') as name,
  regexp_replace(id, '^https://([^.]+)\..*$', '\1') as scope,
  type as kind,
  created_at,
  created_at_state,
  updated_at as last_changed_at,
  updated_at_state as last_changed_at_state,
  created_at as last_rotated_at,
  created_at_state as last_rotated_at_state,
  coalesce(expires_at, expires_text) as expires_at,
  case when coalesce(expires_at, expires_text) is not null then 'known' else 'none' end as expires_at_state,
  'unknown' as last_used_at_state,
  'none' as deleted_at_state,
  owner as owner_ref,
  artifact,
  record
from secrets;
