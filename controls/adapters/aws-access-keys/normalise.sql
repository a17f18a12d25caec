-- Access keys by their id. The list names no account: that is the artifact's `instance`, without which the identity stays open.
insert into credentials (
  credential_id, identity_id, identity_name, kind, native_id, status, created_at, created_at_state,
  last_rotated_at, last_rotated_at_state, expires_at_state, last_used_at_state, artifact, record
)
select
  access_key_id as credential_id,
  case
    -- Only a full account id makes an ARN; anything else would join with nothing.
    when regexp_like($instance, '^[0-9]{12}$') and user_name is not null then concat('arn:aws:iam::', $instance, ':user/', user_name)
  end as identity_id,
  user_name as identity_name,
  'access-key' as kind,
  access_key_id as native_id,
  case when lower(status) in ('active', 'inactive', 'expired') then lower(status) end as status,
  created_at,
  created_at_state,
  -- A key keeps its secret from its creation to its end.
  created_at as last_rotated_at,
  created_at_state as last_rotated_at_state,
  'none' as expires_at_state,
  'unknown' as last_used_at_state,
  artifact,
  record
from keys;
