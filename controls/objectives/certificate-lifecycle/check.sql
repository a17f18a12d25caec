-- Every end-entity certificate: renewed before its end with a new key, strong enough, not issued for too long, and not left valid beside its successor.
with
leaves as (
  select *
  from certificates
  where not is_ca
  qualify row_number() over (partition by certificate_id order by artifact, record) = 1
),

-- The first newer certificate of the same name.
successors as (
  select
    leaves.certificate_id,
    newer.serial as successor_serial,
    newer.not_before as successor_not_before,
    newer.key_id = leaves.key_id as same_key
  from leaves
  inner join leaves as newer
    on lower(newer.name) = lower(leaves.name)
    and newer.certificate_id <> leaves.certificate_id
    and newer.not_before > leaves.not_before
    and newer.not_after > leaves.not_after
    and newer.not_before <= $as_of
  qualify row_number() over (partition by leaves.certificate_id order by newer.not_before, newer.certificate_id) = 1
),

-- The last older certificate of the same name that has the same key.
predecessors as (
  select leaves.certificate_id, older.serial as predecessor_serial, older.not_before as predecessor_not_before
  from leaves
  inner join leaves as older
    on older.key_id = leaves.key_id
    and lower(older.name) = lower(leaves.name)
    and older.certificate_id <> leaves.certificate_id
    and older.not_before < leaves.not_before
  qualify row_number() over (partition by leaves.certificate_id order by older.not_before desc, older.certificate_id) = 1
),

measured as (
  select
    leaves.*,
    predecessors.predecessor_serial,
    days_between(successors.successor_not_before, $as_of) as superseded_days,
    successors.successor_serial,
    successors.successor_not_before,
    successors.same_key,
    days_between(leaves.not_before, leaves.not_after) as validity_days,
    days_between($as_of, leaves.not_after) as left_days,
    days_between(leaves.not_after, $as_of) as over_days,
    days_between(leaves.not_after, successors.successor_not_before) as late_days,
    case leaves.public_key
      when 'rsa' then $rsa_bits_min
      when 'ec' then $ec_bits_min
    end as bits_min,
    count(*) over (partition by leaves.name, leaves.serial) as namesakes
  from leaves
  left join successors
    on successors.certificate_id = leaves.certificate_id
  left join predecessors
    on predecessors.certificate_id = leaves.certificate_id
),

judged as (
  select
    *,
    case
      when not_after < not_before then 'impossible'
      when not_after < $as_of and successor_not_before <= not_after then 'renewed in time'
      when not_after < $as_of and successor_not_before < $period_from then 'renewed before the period'
      when not_after < $as_of and successor_not_before is not null then 'renewed late'
      when not_after < $as_of then 'expired'
      when bits < bits_min then 'weak'
      when validity_days > $validity_days_max then 'too long'
      when left_days < $renew_days_before and successor_not_before is null then 'ends soon'
      when predecessor_serial is not null and successor_not_before is null and not $key_reuse_allowed then 'same key'
      when superseded_days > $superseded_days_max then 'superseded'
      when public_key = 'ed25519' or bits >= bits_min then 'good'
      else 'unknown key'
    end as standing
  from measured
),

told as (
  select
    concat(name, ' serial ', serial, case when namesakes > 1 then concat(' ', certificate_id) else '' end) as subject,
    case standing
      when 'good' then 'pass'
      when 'renewed in time' then 'skip'
      when 'renewed before the period' then 'skip'
      when 'unknown key' then 'unknown'
      when 'impossible' then 'unknown'
      when 'superseded' then 'unknown'
      else 'fail'
    end as outcome,
    concat(
      case standing
        when 'impossible' then concat('It ends on ', to_char(not_after, '%Y-%m-%d'), ', before it begins on ', to_char(not_before, '%Y-%m-%d'))
        when 'renewed in time' then concat(
          'Ended on ', to_char(not_after, '%Y-%m-%d'), '; serial ', successor_serial, ' replaced it ', 0 - late_days, ' days before'
        )
        when 'renewed before the period' then concat(
          'Ended on ', to_char(not_after, '%Y-%m-%d'), ' and was replaced on ', to_char(successor_not_before, '%Y-%m-%d'), ', both before this period'
        )
        when 'renewed late' then concat(
          'Ended on ', to_char(not_after, '%Y-%m-%d'), '; serial ', successor_serial, ' replaced it on ', to_char(successor_not_before, '%Y-%m-%d'),
          case when late_days = 0 then ', less than a day late' else concat(', ', late_days, ' days late') end
        )
        when 'expired' then concat('Ended on ', to_char(not_after, '%Y-%m-%d'), ', ', over_days, ' days ago, and no newer certificate bears its name')
        when 'weak' then concat('Its ', public_key, ' key has ', bits, ' bits; at least ', bits_min, ' are asked')
        when 'too long' then concat('It is valid for ', validity_days, ' days; ', $validity_days_max, ' are allowed')
        when 'ends soon' then concat(
          'It ends in ', left_days, ' days, on ', to_char(not_after, '%Y-%m-%d'), ', and has no successor; one is asked ', $renew_days_before, ' days before'
        )
        when 'same key' then concat('It has the same key as serial ', predecessor_serial, ', which it replaced')
        when 'superseded' then concat(
          'Serial ', successor_serial, ' replaced it ', superseded_days, ' days ago, ', $superseded_days_max, ' are allowed, and it stays valid until ',
          to_char(not_after, '%Y-%m-%d'), '; whether it was revoked is in no export'
        )
        when 'unknown key' then concat('Whether a key of the kind ', public_key, coalesce(' with ' || bits || ' bits', ''), ' is strong enough is not known here')
        else concat(
          'Valid until ', to_char(not_after, '%Y-%m-%d'), ', in ', left_days, ' days; ', validity_days, ' days in all, ', $validity_days_max, ' allowed; ',
          public_key, coalesce(' ' || bits || ' bits', '')
        )
      end,
      case
        when standing in ('renewed late', 'expired') and bits < bits_min
          then concat('; its ', public_key, ' key has ', bits, ' bits, at least ', bits_min, ' are asked')
        when standing in ('weak') and validity_days > $validity_days_max
          then concat('; it is valid for ', validity_days, ' days, ', $validity_days_max, ' allowed')
        else ''
      end,
      case when same_key then '; its successor has the same key' else '' end,
      '.'
    ) as reason,
    artifact,
    record,
    cast(null as varchar) as identity
  from judged
)

select
  subject,
  outcome,
  regexp_replace(reason, '\b1 days\b', '1 day', 'g') as reason,
  artifact,
  record,
  identity
from told
