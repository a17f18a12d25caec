-- Every machine identity that is an autonomous agent by stated rules: a person answers for it, its purpose is stated, its grants are limited, it was approved, and there is a way to switch it off.
with
agent_words as (
  select distinct trim(word) as word
  from (select unnest(string_to_array(lower($agent_words), ',')) as word)
  where trim(word) <> ''
),

approving_words as (
  select distinct trim(word) as word
  from (select unnest(string_to_array(lower($approval_types), ',')) as word)
  where trim(word) <> ''
),

registered as (
  select machine_identities.identity_id, register.*
  from machine_identities
  inner join register
    on register.artifact = machine_identities.register_artifact
    and register.record = machine_identities.register_record
  qualify row_number() over (partition by machine_identities.identity_id order by register.register_id) = 1
),

-- Whether any register has a column for the way to switch an identity off that somebody filled.
kept as (
  select count(*) as switch_off_count
  from register
  where trim(switch_off) <> ''
),

told_of as (
  select identity_id, 'name' as place, name as told from machine_identities
  union all
  select identity_id, 'purpose' as place, concat_ws(' ', source_purpose, register_purpose) as told from machine_identities
  union all
  select identity_id, 'service' as place, register_service as told from machine_identities
  union all
  select identity_id, 'kind' as place, kind as told from machine_identities
),

-- The rule that makes it an agent by a word: of its name, else of its purpose, its service or its kind.
worded as (
  select words.identity_id, words.place, words.word
  from (
    select identity_id, place, unnest(string_to_array(translate(lower(told), '-_./@:+,;()', '           '), ' ')) as word
    from told_of
  ) as words
  inner join agent_words
    on agent_words.word = words.word
  qualify row_number() over (
    partition by words.identity_id
    order by case words.place when 'name' then 1 when 'purpose' then 2 when 'service' then 3 else 4 end, words.word
  ) = 1
),

agents as (
  select
    machine_identities.identity_id,
    case
      when worded.identity_id is not null then concat('An agent by the word "', worded.word, '" in its ', worded.place)
      else concat('An agent by its class. ', trim(trim(machine_identities.class_because), '.'))
    end as because
  from machine_identities
  left join worded
    on worded.identity_id = machine_identities.identity_id
  where worded.identity_id is not null
    or machine_identities.class = 'ai-agent'
),

holders as (
  select identity_id, identity_id as holder
  from agents
  union
  select agents.identity_id, memberships.group_id as holder
  from agents
  inner join memberships
    on memberships.identity_id = agents.identity_id
),

-- Grants of its own and of its groups.
powers as (
  select
    holders.identity_id,
    min(entitlements.policy) filter (where entitlements.admin) as admin_policy,
    min(entitlements.policy) filter (where entitlements.wildcard) as wildcard_policy,
    count(distinct entitlements.policy) as grants_count
  from holders
  inner join entitlements
    on entitlements.identity_id = holders.holder
  where entitlements.effect = 'allow'
  group by holders.identity_id
),

approving as (
  select distinct tickets.artifact, tickets.record, tickets.ticket_id, tickets.status, tickets.status_class
  from tickets
  inner join approving_words
    on strpos(lower(tickets.type), approving_words.word) > 0
),

approvals as (
  select
    identity_id,
    first_value(ticket_id order by status_class = 'open', ticket_id, artifact, record) as ticket_id,
    first_value(status order by status_class = 'open', ticket_id, artifact, record) as status,
    bool_or(status_class in ('approved', 'done')) as approved
  from (
    select ticket_mentions.identity_id, approving.*
    from approving
    inner join ticket_mentions
      on ticket_mentions.artifact = approving.artifact
      and ticket_mentions.record = approving.record
      and ticket_mentions.ticket_id = approving.ticket_id
    where ticket_mentions.way in ('id', 'name')
    union all
    select machine_identities.identity_id, tickets.artifact, tickets.record, tickets.ticket_id, tickets.status, tickets.status_class
    from machine_identities
    inner join tickets
      on lower(trim(tickets.ticket_id)) = lower(machine_identities.approval_ticket)
  )
  group by identity_id
),

tracker as (
  select count(*) as tickets_count
  from tickets
),

measured as (
  select
    machine_identities.*,
    agents.because,
    nullif(trim(registered.accountable), '') as accountable,
    nullif(trim(registered.switch_off), '') as switch_off,
    case
      when lower(trim(machine_identities.source_purpose)) not in ('', '-', '?', 'n/a', 'na', 'none', 'null', 'tbd', 'todo', 'unknown')
        then machine_identities.source_purpose
    end as stated_purpose,
    powers.admin_policy,
    powers.wildcard_policy,
    powers.grants_count,
    approvals.ticket_id,
    approvals.status as ticket_status,
    approvals.approved,
    kept.switch_off_count,
    tracker.tickets_count
  from agents
  inner join machine_identities
    on machine_identities.identity_id = agents.identity_id
  cross join kept
  cross join tracker
  left join registered
    on registered.identity_id = agents.identity_id
  left join powers
    on powers.identity_id = agents.identity_id
  left join approvals
    on approvals.identity_id = agents.identity_id
),

judged as (
  select
    *,
    concat_ws(
      '; ',
      case when not in_register then 'no register holds it' end,
      case
        when in_register and register_owner_status = 'left' and accountable is null then concat('its owner has left', coalesce(': ' || register_owner, ''))
        when in_register and register_owner is null and accountable is null then 'the register names nobody who answers for it'
      end,
      case when stated_purpose is null and register_purpose is null then 'no source states its purpose' end,
      case
        when admin_policy is not null then concat('its grant ', admin_policy, ' is administrative')
        when wildcard_policy is not null then concat('its grant ', wildcard_policy, ' holds a bare wildcard')
      end,
      case
        when approved = false then concat(ticket_id, ' stands at "', ticket_status, '"')
        when approved is null and tickets_count > 0 then 'no ticket of an approving type names it'
      end,
      case when switch_off is null and switch_off_count > 0 then 'the register does not say how it is switched off' end
    ) as faults,
    concat_ws(
      '; ',
      case when grants_count is null then 'no export shows what it may do' end,
      case when approved is null and tickets_count = 0 then 'no tracker was exported' end,
      case when switch_off is null and switch_off_count = 0 then 'no register says how it is switched off' end
    ) as gaps
  from measured
)

select
  identity_id as subject,
  case
    when provider_managed or enabled = false then 'skip'
    when faults <> '' then 'fail'
    when gaps <> '' then 'unknown'
    else 'pass'
  end as outcome,
  concat(
    because, ': ',
    case
      when enabled = false then 'it is disabled'
      when provider_managed then 'the platform runs it'
      when faults <> '' or gaps <> '' then concat_ws('; ', nullif(faults, ''), nullif(gaps, ''))
      else concat(
        coalesce(accountable, register_owner), ' answers for it; its purpose is "', coalesce(stated_purpose, register_purpose), '"; none of its ', grants_count,
        ' grants is administrative or a bare wildcard; ', ticket_id, ' approved it; it is switched off by "', switch_off, '"'
      )
    end,
    '.'
  ) as reason,
  coalesce(register_artifact, artifact) as artifact,
  coalesce(register_record, record) as record,
  identity_id as identity
from judged
