-- The life of every machine identity, step by step: what records say of it, and what is due and no record shows.
with
-- What each identity has of what.
has as (
  select
    identity_id,
    bool_or(step = 'approval' and state = 'shown') as approval,
    bool_or(step = 'creation') as creation,
    bool_or(step = 'credential') as credential,
    bool_or(step = 'use' and state <> 'later') as use,
    bool_or(step = 'rotation' and state = 'shown') as rotation,
    bool_or(step = 'review' and state = 'shown') as review,
    bool_or(step = 'retirement' and state = 'shown') as retirement,
    max(at) filter (where step = 'review' and state = 'shown' and decision = 'revoke') as revoked_at
  from life_records
  group by identity_id
),

live as (
  select
    identity_id,
    count(*) as credentials_count,
    -- A credential that was issued within the period need not have been replaced in it.
    count(*) filter (where set_at is null or set_at < $period_from) as old_count,
    min(set_at) as oldest_at
  from machine_credentials
  where status = 'active'
    and identity_id is not null
  group by identity_id
),

sources as (
  select
    (select count(*) from tickets) as tickets_count,
    (select count(*) from reviews) as reviews_count
),

-- Every step that an identity has no record of, exceptions left aside: nobody owes one.
due as (
  select
    machine_identities.identity_id,
    machine_identities.provider_managed,
    machine_identities.created_at,
    machine_identities.register_expires_at,
    machine_identities.register_owner_status,
    machine_identities.artifact,
    machine_identities.record,
    machine_identities.register_artifact,
    machine_identities.register_record,
    has.revoked_at,
    coalesce(live.credentials_count, 0) as credentials_count,
    coalesce(live.old_count, 0) as old_count,
    live.oldest_at,
    sources.tickets_count,
    sources.reviews_count,
    steps.position,
    steps.step
  from machine_identities
  cross join sources
  cross join (values (1, 'approval'), (2, 'creation'), (3, 'credential'), (4, 'use'), (5, 'rotation'), (6, 'review'), (8, 'retirement')) as steps (position, step)
  left join has
    on has.identity_id = machine_identities.identity_id
  left join live
    on live.identity_id = machine_identities.identity_id
  where not coalesce(
    case steps.step
      when 'approval' then has.approval
      when 'creation' then has.creation
      when 'credential' then has.credential
      when 'use' then has.use
      when 'rotation' then has.rotation
      when 'review' then has.review
      else has.retirement
    end,
    false
  )
),

missing as (
  select
    identity_id,
    position,
    step,
    case step
      when 'approval' then case when provider_managed then 'not-due' else 'missing' end
      when 'credential' then 'not-due'
      when 'rotation' then case when old_count > 0 then 'missing' else 'not-due' end
      when 'review' then case when provider_managed or coalesce(created_at >= $period_from, false) then 'not-due' else 'missing' end
      when 'retirement' then case when revoked_at is not null or coalesce(register_expires_at <= $as_of, false) then 'missing' else 'not-due' end
      else 'missing'
    end as state,
    case step
      when 'approval' then case
        when provider_managed then 'The platform made this identity by itself.'
        when tickets_count = 0 then 'No export of tickets was handed over.'
        else 'No closed ticket of an approving type names it.'
      end
      when 'creation' then 'No source says when it was created.'
      when 'credential' then 'No source shows a credential of it.'
      when 'use' then 'No source tells whether it was ever used.'
      when 'rotation' then case
        when credentials_count = 0 then 'It has no active credential to replace.'
        when old_count = 0 then 'Its active credentials were issued within the period.'
        else concat(
          'No source shows that its active ', case when credentials_count = 1 then 'credential was' else 'credentials were' end, ' ever replaced',
          coalesce('; the oldest is of ' || to_char(oldest_at, '%Y-%m-%d'), ''), '.'
        )
      end
      when 'review' then case
        when provider_managed then 'The platform made this identity and runs it; there is nothing to decide about.'
        when coalesce(created_at >= $period_from, false) then 'It was created within the period and is not reviewed yet.'
        when reviews_count = 0 then 'No export of a review was handed over.'
        else 'No dated review decision names it and no other.'
      end
      else case
        when revoked_at is not null then concat('A review decided on ', to_char(revoked_at, '%Y-%m-%d'), ' to revoke; the sources still show it.')
        when register_expires_at <= $as_of
          then concat('The register says that it ended on ', to_char(register_expires_at, '%Y-%m-%d'), '; the sources still show it.')
        when register_expires_at is not null then concat('The register plans its end for ', to_char(register_expires_at, '%Y-%m-%d'), '.')
        when register_owner_status = 'left' then 'Nothing says that it is to end, though its owner left, as the register says.'
        else 'Nothing says that it is to end.'
      end
    end as says,
    -- What the register says of an end or of its owner stands in the register.
    step = 'retirement' and revoked_at is null and (register_expires_at is not null or register_owner_status = 'left') as by_register,
    artifact,
    record,
    register_artifact,
    register_record
  from due
)

select identity_id, position, step, at, state, says, artifact, record
from life_records
union all
select
  identity_id,
  position,
  step,
  cast(null as timestamp) as at,
  state,
  says,
  coalesce(case when by_register then register_artifact end, artifact) as artifact,
  coalesce(case when by_register then register_record end, record) as record
from missing
