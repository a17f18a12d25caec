-- Certificates of a bundle, authorities included.
insert into certificates (
  certificate_id, serial, issuer, subject, name, sans, not_before, not_after, public_key, bits, key_id,
  signature_algorithm, is_ca, artifact, record
)
select
  sha256 as certificate_id,
  serial,
  issuer,
  subject,
  -- Many certificates have no common name, and some no subject at all.
  coalesce(common_name, nullif(split_part(sans, ' ', 1), ''), serial) as name,
  sans,
  not_before,
  not_after,
  case public_key
    when '1.3.101.112' then 'ed25519'
    else public_key
  end as public_key,
  bits,
  key_id,
  -- Object ids of the usual algorithms as their names; what is unusual stays as it is.
  case signature_algorithm
    when '1.2.840.113549.1.1.4' then 'md5WithRSAEncryption'
    when '1.2.840.113549.1.1.5' then 'sha1WithRSAEncryption'
    when '1.2.840.113549.1.1.10' then 'rsassaPss'
    when '1.2.840.113549.1.1.11' then 'sha256WithRSAEncryption'
    when '1.2.840.113549.1.1.12' then 'sha384WithRSAEncryption'
    when '1.2.840.113549.1.1.13' then 'sha512WithRSAEncryption'
    when '1.2.840.10045.4.1' then 'ecdsa-with-SHA1'
    when '1.2.840.10045.4.3.2' then 'ecdsa-with-SHA256'
    when '1.2.840.10045.4.3.3' then 'ecdsa-with-SHA384'
    when '1.2.840.10045.4.3.4' then 'ecdsa-with-SHA512'
    when '1.3.101.112' then 'ed25519'
    else signature_algorithm
  end as signature_algorithm,
  is_ca,
  artifact,
  record
from certificates;
