-- Every identity that is neither a person nor the account itself, with its class and tier by the first rule that applies. The rules stand in this order.
with
excluded as (
  select distinct identities.identity_id
  from identities
  inner join people
    on coalesce(identities.native_id, identities.identity_id) like people.pattern
    or identities.identity_id like people.pattern
  union
  select distinct identity_id
  from identities
  where kind = 'root'
),

-- What the sources say of each identity.
shown as (
  select
    identities.identity_id,
    min(lower(identities.platform)) as platform,
    min(identities.kind) as kind,
    string_agg(distinct concat_ws(' ', identities.name, identities.purpose), ' ' order by concat_ws(' ', identities.name, identities.purpose)) as words,
    bool_or(coalesce(identities.native_id, identities.identity_id) like 'arn:aws%:role/aws-service-role/%') as provider_managed
  from identities
  left join excluded
    on excluded.identity_id = identities.identity_id
  where excluded.identity_id is null
  group by identities.identity_id
),

-- What the workspace states; the first pattern that names a class decides the class, the first that names a tier the tier.
stated as (
  select
    identities.identity_id,
    first_value(stated_classes.class order by stated_classes.place) filter (where stated_classes.class is not null) as class,
    first_value(stated_classes.reason order by stated_classes.place) filter (where stated_classes.class is not null) as class_reason,
    first_value(stated_classes.tier order by stated_classes.place) filter (where stated_classes.tier is not null) as tier,
    first_value(stated_classes.reason order by stated_classes.place) filter (where stated_classes.tier is not null) as tier_reason
  from identities
  inner join stated_classes
    on coalesce(identities.native_id, identities.identity_id) like stated_classes.pattern
    or identities.identity_id like stated_classes.pattern
  group by identities.identity_id
),

registered as (
  select
    register_matches.identity_id,
    nullif(trim(register.class), '') as class_word,
    regexp_replace(lower(trim(register.class)), '[ _]+', '-', 'g') as class,
    nullif(trim(register.criticality), '') as criticality_word,
    regexp_replace(lower(trim(register.criticality)), '[ _-]+', '', 'g') as criticality,
    concat_ws(' ', register.name, register.purpose) as words
  from register_matches
  inner join register
    on register.artifact = register_matches.artifact
    and register.record = register_matches.record
    and register.register_id = register_matches.register_id
  left join artifacts
    on artifacts.path = register.artifact
  where register_matches.fits = 1
  qualify row_number() over (
    partition by register_matches.identity_id
    order by artifacts.collected_at desc nulls last, register_matches.way, register.artifact, register.record, register.register_id
  ) = 1
),

-- The accounts of which some export shows an identity: those are the organisation's own.
own_accounts as (
  select distinct scope as account
  from identities
  where lower(platform) = 'aws'
    and scope is not null
),

trusted as (
  select
    trusts.identity_id,
    -- An account outside, by its number in the principal.
    min(
      case
        when trusts.principal_kind = 'AWS'
          and own_accounts.account is null
          and regexp_like(trusts.principal, '^(arn:aws[a-z-]*:[a-z]+::)?[0-9]{12}(:|$)')
        then regexp_replace(trusts.principal, '^(?:arn:aws[a-z-]*:[a-z]+::)?([0-9]{12}).*$', '\1')
      end
    ) as foreign_account,
    min(
      case when trusts.principal_kind = 'Service' and regexp_like(trusts.principal, '^bedrock(-agentcore)?\.amazonaws\.com') then trusts.principal end
    ) as agent_service,
    min(
      case
        when trusts.principal_kind = 'Federated'
          and regexp_like(trusts.principal, 'token\.actions\.githubusercontent\.com|gitlab|app\.terraform\.io|circleci|buildkite|bitbucket')
        then regexp_replace(trusts.principal, '^.*oidc-provider/', '')
      end
    ) as pipeline_issuer,
    min(
      case
        when trusts.principal_kind = 'Federated' and trusts.conditions like '%system:serviceaccount:%'
        then regexp_replace(trusts.conditions, '^.*system:serviceaccount:([^"]*).*$', '\1')
      end
    ) as service_account,
    min(case when trusts.principal_kind = 'Service' then trusts.principal end) as cloud_service
  from trusts
  left join own_accounts
    on own_accounts.account = regexp_replace(trusts.principal, '^(?:arn:aws[a-z-]*:[a-z]+::)?([0-9]{12}).*$', '\1')
  where trusts.effect = 'allow'
  group by trusts.identity_id
),

holders as (
  select distinct identity_id
  from credentials
  where identity_id is not null
),

administrative as (
  select identity_id, min(policy) as policy
  from (
    select entitlements.identity_id, entitlements.policy
    from entitlements
    where entitlements.effect = 'allow'
      and entitlements.admin
    union
    select memberships.identity_id, entitlements.policy
    from memberships
    inner join entitlements
      on entitlements.identity_id = memberships.group_id
    where entitlements.effect = 'allow'
      and entitlements.admin
  )
  group by identity_id
),

-- A blank stands before and after each word, and nothing but letters, digits and blanks is left.
worded as (
  select
    shown.*,
    registered.class as register_class,
    registered.class_word,
    registered.criticality,
    registered.criticality_word,
    concat(' ', regexp_replace(lower(concat_ws(' ', shown.words, registered.words)), '[^a-z0-9]+', ' ', 'g'), ' ') as text
  from shown
  left join registered
    on registered.identity_id = shown.identity_id
),

-- Words are the weakest sign: each rule below gives the first word it meets, or nothing.
hinted as (
  select
    *,
    nullif(regexp_replace(text, '^.*? (ai|agentic|chatbot|copilot|genai|gpt|llm) .*$', '\1'), text) as agent_word,
    nullif(regexp_replace(text, '^.*? (vendor|third party|3rd party|supplier) .*$', '\1'), text) as vendor_word,
    nullif(regexp_replace(text, '^.*? (ci|cd|cicd|gha|jenkins|terraform|pipeline|deploy|deployment|deployments) .*$', '\1'), text) as pipeline_word,
    nullif(regexp_replace(text, '^.*? (batch|cron|cronjob|etl|nightly|scheduled) .*$', '\1'), text) as batch_word,
    nullif(
      regexp_replace(text, '^.*? (card data|cardholder|cardholder data|pan|pci|personal data|pii) .*$', '\1'),
      text
    ) as data_word
  from worded
),

decided as (
  select
    hinted.*,
    stated.tier as stated_tier,
    stated.tier_reason,
    administrative.policy as admin_policy,
    case
      when stated.class is not null then struct(stated.class as class, concat('tickmark.yaml states it: ', stated.class_reason) as because)
      when hinted.register_class in ('ai-agent', 'batch', 'integration', 'pipeline', 'vendor', 'workload')
        then struct(hinted.register_class as class, 'The register says so.' as because)
      when trusted.foreign_account is not null
        then struct('vendor' as class, concat('Account ', trusted.foreign_account, ' may assume it, and no export is from that account.') as because)
      when trusted.agent_service is not null then struct('ai-agent' as class, concat(trusted.agent_service, ' may assume it.') as because)
      when trusted.pipeline_issuer is not null
        then struct('pipeline' as class, concat('Tokens of ', trusted.pipeline_issuer, ' may assume it.') as because)
      when hinted.agent_word is not null then struct('ai-agent' as class, concat('Its name or purpose says "', hinted.agent_word, '".') as because)
      when hinted.vendor_word is not null then struct('vendor' as class, concat('Its name or purpose says "', hinted.vendor_word, '".') as because)
      when hinted.platform = 'kubernetes' then struct('workload' as class, 'It is a service account of Kubernetes.' as because)
      when trusted.service_account is not null
        then struct('workload' as class, concat('The Kubernetes service account ', trusted.service_account, ' may assume it.') as because)
      when hinted.provider_managed then struct('workload' as class, 'The platform made it and runs it.' as because)
      when trusted.cloud_service is not null then struct('workload' as class, concat(trusted.cloud_service, ' may assume it.') as because)
      when hinted.kind = 'computer' then struct('workload' as class, 'It is the account of a computer.' as because)
      when hinted.platform = 'spiffe' then struct('workload' as class, 'A workload identity of SPIFFE.' as because)
      when hinted.pipeline_word is not null then struct('pipeline' as class, concat('Its name or purpose says "', hinted.pipeline_word, '".') as because)
      when hinted.batch_word is not null then struct('batch' as class, concat('Its name or purpose says "', hinted.batch_word, '".') as because)
      when hinted.platform in ('ad', 'entra', 'okta') then struct('integration' as class, 'It is an account of a directory.' as because)
      when holders.identity_id is not null then struct('integration' as class, 'It holds a credential of its own.' as because)
      else struct('unclassified' as class, 'No rule applies.' as because)
    end as decision
  from hinted
  left join stated
    on stated.identity_id = hinted.identity_id
  left join trusted
    on trusted.identity_id = hinted.identity_id
  left join holders
    on holders.identity_id = hinted.identity_id
  left join administrative
    on administrative.identity_id = hinted.identity_id
)

select
  identity_id,
  decision['class'] as class,
  concat(
    decision['because'],
    case
      when class_word is not null and register_class not in ('ai-agent', 'batch', 'integration', 'pipeline', 'vendor', 'workload', 'unclassified')
        then concat(' The register calls it "', class_word, '", which is no class.')
      else ''
    end
  ) as class_because,
  case
    when stated_tier is not null then stated_tier
    when criticality in ('critical', 'verycritical', 'veryhigh', 'missioncritical', 'tier0', 'p0') then 'critical'
    when criticality in ('high', 'tier1', 'p1') or admin_policy is not null or data_word is not null then 'high'
    when criticality in ('medium', 'moderate', 'normal', 'low', 'tier2', 'tier3', 'p2', 'p3') then 'normal'
    else 'unknown'
  end as tier,
  case
    when stated_tier is not null then concat('tickmark.yaml states it: ', tier_reason)
    when criticality in ('critical', 'verycritical', 'veryhigh', 'missioncritical', 'tier0', 'p0', 'high', 'tier1', 'p1')
      then concat('The register calls it "', criticality_word, '".')
    when admin_policy is not null then concat('It holds the administrative grant "', admin_policy, '".')
    when data_word is not null then concat('Its name or purpose says "', data_word, '".')
    when criticality in ('medium', 'moderate', 'normal', 'low', 'tier2', 'tier3', 'p2', 'p3')
      then concat('The register calls it "', criticality_word, '", and nothing raises it.')
    when criticality_word is not null then concat('The register calls it "', criticality_word, '", which is no tier.')
    else 'No register row, administrative grant or word of its purpose tells.'
  end as tier_because
from decided
