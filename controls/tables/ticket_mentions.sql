-- Which identities a ticket names. Words are compared whole, so that svc-ci is not found in svc-ci-deploy; a name of several words is not looked for.
with
words as (
  select distinct artifact, record, ticket_id, word
  from (
    select
      artifact,
      record,
      ticket_id,
      unnest(
        string_to_array(
          regexp_replace(
            regexp_replace(lower(concat_ws(' ', summary, description, labels)), '[^\p{L}\p{N}._/@:+$-]+', ' ', 'g'),
            '[.:/]+( |$)', ' ', 'g'
          ),
          ' '
        )
      ) as word
    from tickets
  )
  where word <> ''
),

-- A name without any mark or digit may be a word of the sentence.
names as (
  select
    identity_id,
    lower(trim(name)) as word,
    case
      when count(*) over (partition by lower(trim(name))) > 1 then 'shared name'
      when regexp_like(lower(trim(name)), '^\p{L}+$') then 'plain word'
      else 'name'
    end as way
  from machine_identities
  union all
  select identity_id, lower(identity_id) as word, 'id' as way
  from machine_identities
)

select words.artifact, words.record, words.ticket_id, names.identity_id, min(names.way) as way
from words
inner join names
  on names.word = words.word
group by words.artifact, words.record, words.ticket_id, names.identity_id
