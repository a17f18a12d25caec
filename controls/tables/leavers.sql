-- By which names owners are called of whom it is said that they left. A name that only looks like a leaver's is told apart from one that is the leaver's.
with
stated as (
  select 'list' as source, owner_ref as person, status, left_at, artifact, record from owners
  union all
  select 'list' as source, name as person, status, left_at, artifact, record from owners
  union all
  select 'list' as source, email as person, status, left_at, artifact, record from owners
  union all
  select 'register' as source, owner as person, owner_status as status, owner_left_at as left_at, artifact, record from register
),

named as (
  select *, lower(trim(person)) as name
  from stated
  where lower(trim(person)) not in ('', '-', '?', 'n/a', 'na', 'none', 'nobody', 'null', 'tbd', 'unknown')
),

by_source as (
  select
    name,
    source,
    not bool_or(status = 'active') as certain,
    bool_or(status = 'active') as someone_active,
    bool_or(status = 'left') as someone_left,
    max(left_at) filter (where status = 'left') as left_at,
    first_value(trim(person) order by left_at desc nulls last, artifact, record) filter (where status = 'left') as person,
    first_value(artifact order by left_at desc nulls last, artifact, record) filter (where status = 'left') as artifact,
    first_value(record order by left_at desc nulls last, artifact, record) filter (where status = 'left') as record
  from named
  group by name, source
),

gone as (
  select by_source.*
  from by_source
  left join by_source as list
    on list.name = by_source.name
    and list.source = 'list'
  where by_source.someone_left
    and (by_source.source = 'list' or list.name is null or not list.someone_active)
  qualify row_number() over (partition by by_source.name order by by_source.source) = 1
),

-- The same words without the marks of an address or a log-in; a single word is too little to tell two people apart.
plain_gone as (
  select
    *,
    regexp_replace(split_part(name, '@', 1), '[._-]+', ' ', 'g') as plain
  from gone
),

written as (
  select lower(trim(owner_ref)) as name from identities
  union
  select lower(trim(owner)) as name from register
  union
  select lower(trim(accountable)) as name from register
),

-- Names of which no source says whether their bearer left.
unexplained as (
  select
    written.name,
    regexp_replace(split_part(written.name, '@', 1), '[._-]+', ' ', 'g') as plain
  from written
  left join (select distinct name from by_source where someone_left or someone_active) as known
    on known.name = written.name
  where known.name is null
    and written.name <> ''
),

alike as (
  select unexplained.name, plain_gone.person, plain_gone.source, plain_gone.left_at, plain_gone.artifact, plain_gone.record
  from unexplained
  inner join plain_gone
    on plain_gone.plain = unexplained.plain
  where plain_gone.plain like '% %'
  qualify row_number() over (
    partition by unexplained.name
    order by plain_gone.left_at desc nulls last, plain_gone.source, plain_gone.name
  ) = 1
)

select name, person, certain, false as alike, source, left_at, artifact, record
from gone
union all
select name, person, false as certain, true as alike, source, left_at, artifact, record
from alike
