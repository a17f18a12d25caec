-- Every way in which a row of the register names an identity that a source shows, the surest first. Nothing is guessed.
with
candidates as (
  select register.artifact, register.record, register.register_id, identities.identity_id, 1 as way
  from register
  inner join identities
    on identities.identity_id = trim(register.identity_ref)
  union
  select register.artifact, register.record, register.register_id, identities.identity_id, 1 as way
  from register
  inner join identities
    on identities.native_id = trim(register.identity_ref)
  union
  select register.artifact, register.record, register.register_id, identities.identity_id, 2 as way
  from register
  inner join identities
    on lower(identities.platform) = lower(trim(register.platform))
    and lower(identities.scope) = lower(trim(register.scope))
    and lower(trim(identities.name)) = lower(trim(register.name))
  where coalesce(trim(register.identity_ref), '') = ''
  union
  select register.artifact, register.record, register.register_id, identities.identity_id, 3 as way
  from register
  inner join aliases
    on lower(trim(aliases.alias)) = lower(trim(register.name))
  inner join identities
    on identities.identity_id = aliases.identity_id
  union
  select register.artifact, register.record, register.register_id, identities.identity_id, 3 as way
  from register
  inner join aliases
    on lower(trim(aliases.alias)) = lower(trim(register.identity_ref))
  inner join identities
    on identities.identity_id = aliases.identity_id
)

-- Of each row only its surest way counts; a row that fits several identities names none of them for certain.
select
  artifact,
  record,
  register_id,
  identity_id,
  way,
  count(*) over (partition by artifact, record, register_id, way) as fits
from candidates
qualify rank() over (partition by artifact, record, register_id order by way) = 1
