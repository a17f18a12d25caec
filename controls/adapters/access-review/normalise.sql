-- Decisions of the review, those that nobody made included. A decision in other words than these is rejected, not guessed at.
insert into reviews (
  review_id, campaign, identity_ref, entitlement, reviewer, decision, decided_at, decided_at_state, comment, artifact, record
)
with
read_decisions as (
  select
    *,
    concat_ws(' / ', campaign, account, entitlement) as base_id,
    case lower(decision)
      when 'approve' then 'approve'
      when 'approved' then 'approve'
      when 'revoke' then 'revoke'
      when 'revoked' then 'revoke'
      when 'modify' then 'modify'
      when 'modified' then 'modify'
      when 'no decision' then 'none'
    end as made
  from decisions
),

numbered as (
  select
    *,
    row_number() over (partition by base_id order by record) as place
  from read_decisions
)

select
  case when place = 1 then base_id else concat(base_id, ' (', place, ')') end as review_id,
  campaign,
  account as identity_ref,
  entitlement,
  reviewer,
  made as decision,
  decided_at,
  case when made = 'none' and decided_at is null then 'none' else decided_at_state end as decided_at_state,
  comment,
  artifact,
  record
from numbered;
