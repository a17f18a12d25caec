-- Access packages that were given. What a package holds is a separate answer.
insert into entitlements (
  entitlement_id, identity_id, identity_name, via, policy, effect, scope, admin, wildcard, artifact, record
)
select
  id as entitlement_id,
  case when kind = 'servicePrincipal' then concat('entra:object/', target) else concat('entra:user/', target) end as identity_id,
  target_name as identity_name,
  'package' as via,
  package as policy,
  'allow' as effect,
  coalesce($instance, 'unstated') as scope,
  false as admin,
  false as wildcard,
  artifact,
  record
from assignments
where target is not null;
