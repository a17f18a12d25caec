-- Workloads that may get an identity document. The documents themselves live for minutes and are not listed.
insert into identities (
  identity_id, platform, scope, native_id, name, kind, created_at, created_at_state, last_activity_at_state, artifact, record
)
with
entries as (
  select spiffe_id, entry_id, created_at, created_at_state, artifact, record from texts
  union all
  select concat('spiffe://', domain, path) as spiffe_id, entry_id, created_at, created_at_state, artifact, record from objects
)

select
  spiffe_id as identity_id,
  'spiffe' as platform,
  regexp_replace(spiffe_id, '^spiffe://([^/]+).*$', '\1') as scope,
  coalesce(entry_id, spiffe_id) as native_id,
  regexp_replace(spiffe_id, '^spiffe://[^/]+/?', '') as name,
  'workload' as kind,
  created_at,
  created_at_state,
  'unknown' as last_activity_at_state,
  artifact,
  record
from entries
-- The domain itself is the authority and no workload.
where regexp_like(spiffe_id, '^spiffe://[^/]+/.');
