-- Every machine identity and its latest review decisions, and every revoked name that no source shows.
with
-- Each identity with the time for which a decision about it is good.
members as (
  select
    *,
    $cadence_days_max as cadence_days,
    $cadence_days_max_for as cadence_for
  from machine_identities
),

-- Every way in which a review names an identity, the surest first.
candidates as (
  select reviews.artifact, reviews.record, reviews.review_id, identities.identity_id, 1 as way
  from reviews
  inner join identities
    on identities.identity_id = trim(reviews.identity_ref)
  union
  select reviews.artifact, reviews.record, reviews.review_id, identities.identity_id, 1 as way
  from reviews
  inner join identities
    on identities.native_id = trim(reviews.identity_ref)
  union
  select reviews.artifact, reviews.record, reviews.review_id, aliases.identity_id, 2 as way
  from reviews
  inner join aliases
    on lower(trim(aliases.alias)) = lower(trim(reviews.identity_ref))
  inner join identities
    on identities.identity_id = aliases.identity_id
  union
  select reviews.artifact, reviews.record, reviews.review_id, identities.identity_id, 3 as way
  from reviews
  inner join identities
    on lower(trim(identities.name)) = lower(trim(reviews.identity_ref))
),

matched as (
  select
    *,
    count(*) over (partition by artifact, record, review_id, way) as fits
  from candidates
  qualify rank() over (partition by artifact, record, review_id order by way) = 1
),

ambiguous as (
  select distinct identity_id
  from matched
  where fits > 1
),

-- The latest decision about each entitlement of each identity; a decision that was not made counts by its place in the list.
latest as (
  select
    matched.identity_id,
    reviews.*,
    lower(trim(coalesce(reviews.entitlement, ''))) in ('', '-', '*', 'access', 'account', 'all', 'any', 'everything', 'identity') as whole
  from matched
  inner join reviews
    on reviews.artifact = matched.artifact
    and reviews.record = matched.record
    and reviews.review_id = matched.review_id
  left join artifacts
    on artifacts.path = reviews.artifact
  where matched.fits = 1
  qualify row_number() over (
    partition by matched.identity_id, lower(trim(coalesce(reviews.entitlement, '')))
    order by
      coalesce(reviews.decided_at, artifacts.collected_at) desc nulls last,
      reviews.campaign desc,
      reviews.artifact,
      reviews.record,
      reviews.review_id
  ) = 1
),

granted as (
  select distinct identity_id, lower(trim(policy)) as policy
  from entitlements
  where effect = 'allow'
),

granted_at_all as (
  select distinct identity_id
  from granted
),

items as (
  select
    latest.identity_id,
    latest.review_id,
    latest.campaign,
    latest.reviewer,
    latest.decision,
    latest.decided_at,
    latest.entitlement,
    latest.whole,
    latest.artifact,
    latest.record,
    days_between(latest.decided_at, $as_of) as age_days,
    case
      when latest.decision = 'none' then 'no decision'
      when latest.decided_at is null then 'undated'
      when latest.decided_at > $as_of then 'future'
      when latest.decision = 'revoke' and latest.whole and members.enabled = false then 'disabled'
      when latest.decision = 'revoke' and latest.whole and days_between(latest.decided_at, $as_of) <= $revoke_days_max then 'revoke under way'
      when latest.decision = 'revoke' and latest.whole then 'revoke ignored'
      when latest.decision = 'revoke' and granted.policy is not null and days_between(latest.decided_at, $as_of) <= $revoke_days_max
        then 'revoke under way'
      when latest.decision = 'revoke' and granted.policy is not null then 'revoke ignored'
      when latest.decision = 'revoke' and granted_at_all.identity_id is null then 'revoke unseen'
      when days_between(latest.decided_at, $as_of) > members.cadence_days then 'overdue'
      when latest.decision in ('approve', 'modify', 'revoke') then 'in time'
      else 'no decision'
    end as standing
  from latest
  inner join members
    on members.identity_id = latest.identity_id
  left join granted
    on granted.identity_id = latest.identity_id
    and granted.policy = lower(trim(latest.entitlement))
  left join granted_at_all
    on granted_at_all.identity_id = latest.identity_id
),

-- The decision that stands worst speaks for the identity.
worst as (
  select
    *,
    count(*) over (partition by identity_id) as decisions_count
  from items
  qualify row_number() over (
    partition by identity_id
    order by
      case
        when standing = 'revoke ignored' then 1
        when standing = 'no decision' then 2
        when standing = 'overdue' then 3
        when standing in ('undated', 'future', 'revoke unseen') then 4
        else 5
      end,
      artifact,
      record,
      review_id
  ) = 1
),

-- Where the exports would have shown an identity of any kind, and whether they are whole.
covered as (
  select
    lower(identities.platform) as platform,
    lower(identities.scope) as scope,
    -- On AWS the report of users is whole without the roles; a list of both shows at least one role.
    bool_or(coalesce(artifacts.extent = 'complete', false) and (identities.platform <> 'aws' or identities.kind = 'role')) as whole
  from identities
  left join artifacts
    on artifacts.path = identities.artifact
  group by lower(identities.platform), lower(identities.scope)
),

-- Names of which the register says where they stood, and whether the exports of that place are whole.
placed as (
  select
    lower(trim(register.name)) as name,
    bool_and(coalesce(covered.whole, false)) as whole
  from register
  left join covered
    on covered.platform = lower(trim(register.platform))
    and covered.scope = lower(trim(register.scope))
  group by lower(trim(register.name))
),

-- Names that a review revoked and that no source shows. A review does not say on which platform a name stood, so only a name that
-- the register places where whole exports were collected is shown to be gone.
gone as (
  select
    concat('review: ', trim(reviews.identity_ref)) as subject,
    coalesce(placed.whole, false) as shown,
    reviews.decided_at,
    reviews.campaign,
    reviews.artifact,
    reviews.record
  from reviews
  left join candidates
    on candidates.artifact = reviews.artifact
    and candidates.record = reviews.record
    and candidates.review_id = reviews.review_id
  left join placed
    on placed.name = lower(trim(reviews.identity_ref))
  where candidates.identity_id is null
    and reviews.decision = 'revoke'
  qualify row_number() over (
    partition by trim(reviews.identity_ref)
    order by reviews.decided_at desc nulls last, reviews.artifact, reviews.record, reviews.review_id
  ) = 1
),

-- The last use of any credential of an identity.
uses as (
  select identity_id, max(last_used_at) as last_at
  from machine_credentials
  where identity_id is not null
  group by identity_id
),

told as (
  select
    members.identity_id as subject,
    case
      when members.provider_managed then 'skip'
      when worst.standing in ('in time', 'disabled', 'revoke under way') then 'pass'
      when worst.standing in ('undated', 'future', 'revoke unseen') then 'unknown'
      when worst.standing is not null then 'fail'
      when ambiguous.identity_id is not null then 'unknown'
      when days_between(members.created_at, $as_of) <= members.cadence_days then 'skip'
      else 'fail'
    end as outcome,
    case
      when members.provider_managed then 'The platform made this identity and runs it; there is nothing to decide about.'
      when worst.standing is not null then concat(
        worst.campaign,
        case when worst.whole then '' else concat(', "', worst.entitlement, '"') end,
        ': ',
        case worst.standing
          when 'no decision' then concat(coalesce(worst.reviewer, 'the reviewer'), ' made no decision')
          when 'undated' then concat('the decision "', worst.decision, '" has no date')
          when 'future' then concat('the decision "', worst.decision, '" is dated ', to_char(worst.decided_at, '%Y-%m-%d'), ', after the date of this report')
          when 'disabled' then concat('revoked ', worst.age_days, ' days ago, and the identity is disabled')
          when 'revoke under way' then concat('revoked ', worst.age_days, ' days ago; ', $revoke_days_max, ' days are allowed to carry that out')
          when 'revoke ignored' then concat(
            'revoked ', worst.age_days, ' days ago, and still there; ', $revoke_days_max, ' days are allowed to carry that out',
            case
              when greatest(members.last_activity_at, uses.last_at) > worst.decided_at then concat(
                '; it acted on ', to_char(greatest(members.last_activity_at, uses.last_at), '%Y-%m-%d'), ', ',
                days_between(worst.decided_at, greatest(members.last_activity_at, uses.last_at)), ' days after the decision'
              )
              else ''
            end
          )
          when 'revoke unseen' then concat('revoked ', worst.age_days, ' days ago; no export of grants shows whether that was carried out')
          when 'overdue' then concat('decided ', worst.age_days, ' days ago; ', members.cadence_days, ' are allowed', members.cadence_for)
          else concat(
            case worst.decision when 'approve' then 'approved ' when 'modify' then 'changed ' else 'revoked ' end,
            worst.age_days, ' days ago', coalesce(' by ' || worst.reviewer, ''), '; ', members.cadence_days, ' are allowed', members.cadence_for,
            case worst.decision
              when 'modify' then '; whether the change was made is not tested here'
              when 'revoke' then '; no export of grants shows it any more'
              else ''
            end
          )
        end,
        case when worst.decisions_count > 1 then concat(' (the worst of ', worst.decisions_count, ' decisions)') else '' end,
        '.'
      )
      when ambiguous.identity_id is not null
        then concat('A review names "', members.name, '", but several identities have that name, so it speaks for none for certain.')
      when days_between(members.created_at, $as_of) <= members.cadence_days then concat(
        'Created ', days_between(members.created_at, $as_of), ' days ago and not reviewed yet; the first review is due within ', members.cadence_days, ' days', members.cadence_for, '.'
      )
      else 'No review decision names it.'
    end as reason,
    coalesce(worst.artifact, members.artifact) as artifact,
    coalesce(worst.record, members.record) as record,
    members.identity_id as identity
  from members
  left join worst
    on worst.identity_id = members.identity_id
  left join uses
    on uses.identity_id = members.identity_id
  left join ambiguous
    on ambiguous.identity_id = members.identity_id
  union all
  select
    subject,
    case when shown then 'pass' else 'unknown' end as outcome,
    concat(
      campaign, ': revoked', coalesce(' on ' || to_char(decided_at, '%Y-%m-%d'), ''), ', and no source shows it',
      case
        when shown then ' any more where the register places it'
        else '; whether the export of its platform was collected whole cannot be told from its name'
      end,
      '.'
    ) as reason,
    artifact,
    record,
    cast(null as varchar) as identity
  from gone
)

select
  subject,
  outcome,
  regexp_replace(reason, '\b1 days\b', '1 day', 'g') as reason,
  artifact,
  record,
  identity
from told
