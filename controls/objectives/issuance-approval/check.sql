-- Every machine identity that was created in the period, and the ticket that approved it.
with
created as (
  select
    *,
    -- The name as a single word between blanks, so that svc-ci is not found in svc-ci-deploy.
    concat(' ', trim(regexp_replace(lower(name), '[^\p{L}\p{N}._/@:+-]+', ' ', 'g')), ' ') as name_word,
    count(*) over (partition by lower(trim(name))) as namesakes
  from machine_identities
),

-- Identities that had a credential, or were used, before the period: they were created before it, whatever day is missing.
older as (
  select distinct identity_id
  from machine_credentials
  where set_at < $period_from
    or last_used_at < $period_from
  union
  select distinct identity_id
  from machine_identities
  where last_activity_at < $period_from
),

population as (
  select
    created.*,
    -- A domain makes Administrator, Guest and krbtgt with these numbers, and nobody asks for them.
    created.provider_managed or coalesce(created.platform = 'ad' and regexp_like(created.native_id, '^S-1-5-21-[0-9-]+-50[012]$'), false) as made_by_platform
  from created
  left join older
    on older.identity_id = created.identity_id
  where (created.created_at_state in ('unknown', 'none') and older.identity_id is null)
    or (created.created_at >= $period_from and created.created_at <= $period_to)
),

worded as (
  select
    *,
    concat(
      ' ',
      regexp_replace(
        regexp_replace(lower(concat_ws(' ', summary, description, labels)), '[^\p{L}\p{N}._/@:+-]+', ' ', 'g'),
        '[.:/]+( |$)', ' ', 'g'
      ),
      ' '
    ) as words
  from tickets
),

approving_words as (
  select trim(word) as word
  from (select unnest(string_to_array(lower($approval_types), ',')) as word)
  where trim(word) <> ''
),

-- Tickets of a type that approves something.
approving as (
  select distinct worded.*
  from worded
  inner join approving_words
    on strpos(lower(worded.type), approving_words.word) > 0
),

named as (
  select population.identity_id, worded.ticket_id, worded.artifact, worded.record, 'register' as way
  from population
  inner join worded
    on lower(trim(worded.ticket_id)) = lower(trim(population.approval_ticket))
  union
  select population.identity_id, approving.ticket_id, approving.artifact, approving.record,
    case
      when strpos(approving.words, concat(' ', lower(population.identity_id), ' ')) > 0 then 'id'
      when population.namesakes > 1 then 'shared name'
      -- A name without any mark or digit may be a word of the sentence.
      when regexp_like(trim(population.name_word), '^\p{L}+$') then 'plain word'
      else 'name'
    end as way
  from population
  inner join approving
    on trim(population.name_word) <> ''
    and (strpos(approving.words, population.name_word) > 0 or strpos(approving.words, concat(' ', lower(population.identity_id), ' ')) > 0)
),

weighed as (
  select
    named.identity_id,
    worded.ticket_id,
    worded.type,
    worded.status,
    worded.created_at as opened_at,
    worded.resolved_at,
    named.way,
    worded.artifact,
    worded.record,
    days_between(population.created_at, worded.resolved_at) as closed_late_days,
    days_between(population.created_at, worded.created_at) as opened_late_days,
    case
      when worded.status_class not in ('approved', 'done') then 'open'
      when population.created_at is null then 'undated identity'
      when named.way in ('shared name', 'plain word') then named.way
      when days_between(population.created_at, worded.resolved_at) <= $grace_days_max then 'in time'
      when worded.resolved_at is not null then 'closed late'
      when days_between(population.created_at, worded.created_at) > $grace_days_max then 'opened late'
      else 'undated'
    end as standing
  from named
  inner join population
    on population.identity_id = named.identity_id
  inner join worded
    on worded.artifact = named.artifact
    and worded.record = named.record
    and worded.ticket_id = named.ticket_id
),

-- The ticket that speaks best for the identity.
best as (
  select *
  from weighed
  qualify row_number() over (
    partition by identity_id
    order by
      case standing when 'in time' then 1 when 'undated' then 2 when 'shared name' then 3 when 'plain word' then 3 when 'open' then 5 else 4 end,
      (way = 'register') desc,
      ticket_id,
      artifact,
      record
  ) = 1
),

-- A list of tickets that is known to be cut cannot show that there is no ticket.
cut as (
  select count(*) as artifacts
  from (select distinct artifact from tickets) as fed
  inner join artifacts
    on artifacts.path = fed.artifact
  where artifacts.extent = 'incomplete'
),

told as (
  select
    population.identity_id as subject,
    case
      when population.made_by_platform then 'skip'
      when population.created_at is null then 'unknown'
      when best.standing = 'in time' then 'pass'
      when best.standing in ('undated', 'shared name', 'plain word') then 'unknown'
      when best.standing is null and cut.artifacts > 0 then 'unknown'
      else 'fail'
    end as outcome,
    case
      when population.made_by_platform then 'The platform made this identity by itself.'
      when population.created_at is null then concat(
        'No source gives a day before this report on which it was created, and nothing shows that it is older than the period',
        coalesce('; ' || best.ticket_id || ' (' || best.type || ', ' || best.status || ') names it', ''),
        '.'
      )
      else concat(
        'Created on ', to_char(population.created_at, '%Y-%m-%d'), '; ',
        case best.standing
          when 'in time' then concat(
            best.ticket_id, ' (', best.type, ', ', best.status, ') ',
            case when best.way = 'register' then 'is the approval that the register names' else 'names it' end,
            ' and was closed on ', to_char(best.resolved_at, '%Y-%m-%d'),
            case
              when best.closed_late_days > 0 then concat(', ', best.closed_late_days, ' days after it; ', $grace_days_max, ' are allowed.')
              else '.'
            end
          )
          when 'closed late' then concat(
            best.ticket_id, ' (', best.type, ', ', best.status, ') was closed ', best.closed_late_days, ' days after it; ', $grace_days_max, ' are allowed.'
          )
          when 'opened late' then concat(
            best.ticket_id, ' (', best.type, ', ', best.status, ') was only opened ', best.opened_late_days, ' days after it; ', $grace_days_max, ' are allowed.'
          )
          when 'undated' then concat(
            best.ticket_id, ' (', best.type, ', ', best.status, ') speaks for it, but the export does not say when it was approved.'
          )
          when 'shared name' then concat(
            best.ticket_id, ' (', best.type, ', ', best.status, ') names "', population.name, '", but ', population.namesakes, ' identities have that name.'
          )
          when 'plain word' then concat(
            best.ticket_id, ' (', best.type, ', ', best.status, ') holds the word "', population.name, '", which need not mean this identity.'
          )
          when 'open' then concat(
            best.ticket_id, ' (', best.type, ') ',
            case when best.way = 'register' then 'is the approval that the register names' else 'names it' end,
            ', but stands at "', best.status, '".'
          )
          else concat(
            case
              when population.approval_ticket is not null
                then concat('the register names ', population.approval_ticket, ', which the tracker''s export does not hold, and no')
              else 'no'
            end,
            ' ticket of an approving type (', $approval_types, ') names it',
            case when cut.artifacts > 0 then ', but the list of tickets is cut' else '' end,
            '.'
          )
        end
      )
    end as reason,
    coalesce(best.artifact, population.artifact) as artifact,
    coalesce(best.record, population.record) as record,
    population.identity_id as identity
  from population
  cross join cut
  left join best
    on best.identity_id = population.identity_id
)

select
  subject,
  outcome,
  regexp_replace(reason, '\b1 days\b', '1 day', 'g') as reason,
  artifact,
  record,
  identity
from told
