-- Every live credential of a machine identity and every certificate in force: is it a strong way to say who calls?
with
federated_platforms as (
  select distinct trim(platform) as platform
  from (select unnest(string_to_array(lower($federated_platforms), ',')) as platform)
),

key_pair_kinds as (
  select distinct trim(kind) as kind
  from (select unnest(string_to_array(lower($key_pair_kinds), ',')) as kind)
),

refused_settings as (
  select distinct trim(word) as word
  from (select unnest(string_to_array(lower($weaknesses_refused), ',')) as word)
  where trim(word) <> ''
),

refused_signatures as (
  select distinct trim(word) as word
  from (select unnest(string_to_array(lower($signatures_refused), ',')) as word)
  where trim(word) <> ''
),

-- Weak settings of a credential that are refused, in the words of the table. The newest statement stands for the credential.
settings as (
  select
    credential,
    string_agg(word, ', ' order by word) as words,
    count(*) as words_count
  from (
    select distinct machine_credentials.credential, refused_settings.word
    from machine_credentials
    inner join (
      select artifact, record, credential_id, unnest(string_to_array(weaknesses, ' ')) as word
      from credentials
      where weaknesses <> ''
    ) as stated
      on stated.artifact = machine_credentials.artifact
      and stated.record = machine_credentials.record
      and stated.credential_id = machine_credentials.credential_id
    inner join refused_settings
      on refused_settings.word = stated.word
  )
  group by credential
),

credentials_judged as (
  select
    machine_credentials.*,
    machine_identities.platform,
    settings.words,
    days_between(machine_credentials.set_at, machine_credentials.expires_at) as life_days,
    case
      when machine_credentials.status <> 'active' or machine_credentials.expires_at <= $as_of then 'not live'
      when settings.words is not null then 'weak setting'
      when key_pair_kinds.kind is not null then 'key pair'
      when days_between(machine_credentials.set_at, machine_credentials.expires_at) between 0 and $static_days_max then 'short'
      when machine_identities.platform is null then 'no platform'
      when federated_platforms.platform is null then 'no better way known'
      -- A secret whose end or beginning no source states may be short-lived.
      when machine_credentials.expires_at_state = 'unknown' then 'end not known'
      when machine_credentials.expires_at is not null and machine_credentials.set_at is null
        and days_between($as_of, machine_credentials.expires_at) <= $static_days_max then 'beginning not known'
      else 'static'
    end as standing
  from machine_credentials
  left join machine_identities
    on machine_identities.identity_id = machine_credentials.identity_id
  left join federated_platforms
    on federated_platforms.platform = machine_identities.platform
  left join key_pair_kinds
    on key_pair_kinds.kind = machine_credentials.kind
  left join settings
    on settings.credential = machine_credentials.credential
),

leaves as (
  select *
  from certificates
  where not is_ca
  qualify row_number() over (partition by certificate_id order by artifact, record) = 1
),

certificates_judged as (
  select
    leaves.*,
    case leaves.public_key
      when 'rsa' then $rsa_bits_min
      when 'ec' then $ec_bits_min
    end as bits_min,
    refused_signatures.word as refused_word,
    count(*) over (partition by leaves.name, leaves.serial) as namesakes,
    case
      when leaves.not_after < $as_of then 'ended'
      when refused_signatures.word is not null then 'weak signature'
      when leaves.public_key = 'rsa' and leaves.bits < $rsa_bits_min then 'weak key'
      when leaves.public_key = 'ec' and leaves.bits < $ec_bits_min then 'weak key'
      when leaves.public_key = 'ed25519' then 'strong'
      when leaves.public_key in ('rsa', 'ec') and leaves.bits is not null then 'strong'
      else 'unknown key'
    end as standing
  from leaves
  left join refused_signatures
    on refused_signatures.word = lower(replace(leaves.signature_algorithm, '-', ''))
),

told as (
  select
    credential as subject,
    case standing
      when 'not live' then 'skip'
      when 'key pair' then 'pass'
      when 'short' then 'pass'
      when 'weak setting' then 'fail'
      when 'static' then 'fail'
      else 'unknown'
    end as outcome,
    case standing
      when 'not live' then case
        when status = 'active' then concat('It ended on ', to_char(expires_at, '%Y-%m-%d'), ' and cannot be used.')
        else concat('It is ', status, ' and cannot be used.')
      end
      when 'weak setting' then concat('Its ', kind, ' is used with a setting that is refused: ', words, '.')
      when 'key pair' then concat('It is of the kind ', replace(kind, '-', ' '), ': the private key stays with the workload and is never sent.')
      when 'short' then concat(
        'It is of the kind ', replace(kind, '-', ' '), ' and lives ', life_days, ' days, until ', to_char(expires_at, '%Y-%m-%d'), '; from ', $static_days_max, ' days on it would count as static.'
      )
      when 'no platform' then 'No export lists its identity, so nothing says which better ways its platform offers.'
      when 'no better way known' then concat(
        'On ', platform, ' the workload authenticates by a ', replace(kind, '-', ' '), '; no export shows its length, who chose it or by which protocol it is sent.'
      )
      when 'end not known' then concat('Its ', replace(kind, '-', ' '), ' is on ', platform, '; no source says whether it ends within ', $static_days_max, ' days.')
      when 'beginning not known' then concat(
        'Its ', replace(kind, '-', ' '), ' on ', platform, ' ends on ', to_char(expires_at, '%Y-%m-%d'), '; no source says since when it lives, and ', $static_days_max, ' days are allowed.'
      )
      else concat(
        'A static ', replace(kind, '-', ' '), ' on ', platform, ', where workloads can have roles or federation; ',
        case
          when life_days >= 0 then concat('it lives ', life_days, ' days')
          when expires_at is not null then concat('it lives until ', to_char(expires_at, '%Y-%m-%d'))
          else 'it never ends'
        end,
        case when set_at is not null then concat(' and was set on ', to_char(set_at, '%Y-%m-%d')) else '' end,
        ', ', $static_days_max, ' days are allowed.'
      )
    end as reason,
    artifact,
    record,
    identity_id as identity
  from credentials_judged
  union all
  select
    concat('certificate ', name, ' serial ', serial, case when namesakes > 1 then concat(' ', certificate_id) else '' end) as subject,
    case standing
      when 'ended' then 'skip'
      when 'strong' then 'pass'
      when 'unknown key' then 'unknown'
      else 'fail'
    end as outcome,
    case standing
      when 'ended' then concat('It ended on ', to_char(not_after, '%Y-%m-%d'), '.')
      when 'strong' then concat('Its key is ', public_key, coalesce(' of ' || bits || ' bits', ''), coalesce('; ' || bits_min || ' are asked for', ''), '.')
      when 'weak signature' then concat('It is signed by ', signature_algorithm, ', which is refused.')
      when 'weak key' then concat('Its key is ', public_key, ' of ', bits, ' bits; ', bits_min, ' are asked for.')
      else concat('Its key is of the kind ', public_key, coalesce(' of ' || bits || ' bits', ' of unknown size'), ', for which no smallest size is set.')
    end as reason,
    artifact,
    record,
    cast(null as varchar) as identity
  from certificates_judged
)

select
  subject,
  outcome,
  regexp_replace(reason, '\b1 days\b', '1 day', 'g') as reason,
  artifact,
  record,
  identity
from told
