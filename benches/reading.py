#!/usr/bin/env python3
"""How long reading large evidence takes and how much memory, against DuckDB reading the same files, as a Markdown table.

    python3 benches/reading.py target/release/tickmark [--events 10000000] [--identities 1000000] [--keep DIR]

With --keep the population stays in DIR, and one that is there already is used again.

Not a test: nothing here passes or fails by time. DuckDB comes from PyPI (`pip install duckdb`); without it its rows are left out.
The population is made here: a log of many files in gzip, one event per line, and a credential report of users with two keys each.
"""

import argparse
import gzip
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FILES = 20
HEADER = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,"
    "access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,"
    "access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,"
    "cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated\n"
)


def event(number, identities):
    """One call of about the size that real logs have."""
    user = f"svc-{number * 7919 % identities}"
    return json.dumps({
        "eventVersion": "1.08",
        "userIdentity": {
            "type": "IAMUser", "principalId": f"AIDA{number % identities:016}", "arn": f"arn:aws:iam::123456789012:user/{user}",
            "accountId": "123456789012", "accessKeyId": f"AKIA{number % identities:016}", "userName": user,
        },
        "eventTime": f"2026-{7 + number % 3:02}-{1 + number % 28:02}T{number % 24:02}:{number % 60:02}:{number % 59:02}Z",
        "eventSource": "s3.amazonaws.com", "eventName": ["GetObject", "PutObject", "ListObjects", "AssumeRole"][number % 4],
        "awsRegion": "eu-north-1", "sourceIPAddress": f"10.{number % 200}.{number % 251}.{number % 13}",
        "userAgent": "aws-sdk-go/1.44.298 (go1.20.5; linux; amd64) S3Manager batch-loader/2.1",
        "requestParameters": {"bucketName": f"bucket-{number % 500}", "key": f"in/{number}/part-0001.parquet", "Host": "bucket.s3.eu-north-1.amazonaws.com"},
        "responseElements": None,
        "additionalEventData": {"SignatureVersion": "SigV4", "CipherSuite": "TLS_AES_128_GCM_SHA256", "bytesTransferredIn": 0, "AuthenticationMethod": "AuthHeader", "x-amz-id-2": "q" * 76, "bytesTransferredOut": number % 100000},
        "requestID": f"{number:032x}", "eventID": f"{number:08x}-0000-4000-8000-{number:012x}", "readOnly": True,
        "resources": [{"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::bucket-{number % 500}/in/{number}"}],
        "eventType": "AwsApiCall", "managementEvent": False, "recipientAccountId": "123456789012", "eventCategory": "Data",
        "tlsDetails": {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256", "clientProvidedHostHeader": "bucket.s3.eu-north-1.amazonaws.com"},
    })


def populate(folder, events, identities):
    (folder / "logs").mkdir(parents=True)
    each = events // FILES
    for file in range(FILES):
        with gzip.open(folder / f"logs/events-{file:02}.json.gz", "wt", compresslevel=1) as out:
            for number in range(file * each, (file + 1) * each):
                out.write(event(number, identities) + "\n")
    with open(folder / "credential-report.csv", "w") as out:
        out.write(HEADER)
        for number in range(identities):
            made = "2025-01-15T08:00:00+00:00" if number % 10 == 0 else "2026-08-15T08:00:00+00:00"
            out.write(
                f"svc-{number},arn:aws:iam::123456789012:user/svc-{number},2024-01-01T00:00:00+00:00,false,N/A,N/A,N/A,false,"
                f"true,{made},2026-09-30T01:00:00+00:00,eu-north-1,s3,true,{made},N/A,N/A,N/A,false,N/A,false,N/A\n"
            )
    (folder / "tickmark.yaml").write_text(
        "organisation: Scale\nscope: A made population.\nperiod: {from: 2026-07-01, to: 2026-09-30}\n"
        'as_of: "2026-09-30T23:59:59Z"\nzone: UTC\nframeworks: [owasp-nhi-top10@2025]\n'
    )


def measured(command):
    """Wall seconds, CPU seconds and peak MiB of a command and what it printed."""
    started = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.PIPE)
    told = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{command[0]} ended with {child.returncode}")
    return time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, told


DUCKDB = """
import duckdb, sys
db = duckdb.connect(sys.argv[2])
db.execute("set threads=2; set memory_limit='1500MB'; set preserve_insertion_order=false; set enable_progress_bar=false")
db.execute(f"create table credentials as select * from read_csv('{sys.argv[1]}/credential-report.csv', all_varchar=true)")
db.execute(f'''create table events as select eventID, cast(eventTime as timestamp) as at, userIdentity.arn as arn, userIdentity.accessKeyId as key,
  eventSource, eventName, sourceIPAddress, recipientAccountId, resources[1].ARN as target
  from read_json('{sys.argv[1]}/logs/*.json.gz', format='newline_delimited', columns={{
    eventID: 'varchar', eventTime: 'varchar', userIdentity: 'struct(arn varchar, accessKeyId varchar)', eventSource: 'varchar',
    eventName: 'varchar', sourceIPAddress: 'varchar', recipientAccountId: 'varchar', resources: 'struct(ARN varchar)[]'}})''')
print(db.execute("select (select count(*) from events), (select count(*) from credentials)").fetchone())
"""


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("tickmark")
    arguments.add_argument("--events", type=int, default=10_000_000)
    arguments.add_argument("--identities", type=int, default=1_000_000)
    arguments.add_argument("--keep", type=Path)
    arguments.add_argument("--only-populate", action="store_true", help="make the population and stop")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = given.keep or Path(place) / "evidence"
        if not (folder / "tickmark.yaml").exists():
            populate(folder, given.events, given.identities)
        if given.only_populate:
            return
        files = sorted(folder.glob("logs/*.gz")) + [folder / "credential-report.csv"]
        size = sum(file.stat().st_size for file in files)
        print(f"{given.events} events, {given.identities} identities, {2 * given.identities} credentials, {size / 1e6:.0f} MB in {len(files)} files\n")
        print("| job | wall | CPU | peak memory | ratio of wall |\n|---|---|---|---|---|")
        wall, cpu, peak, told = measured([given.tickmark, "evidence", str(folder), "--format", "json"])
        ours = wall
        kept = sum(artifact["kept"] for artifact in json.loads(told))
        row("tickmark evidence: read, normalise, hash", wall, cpu, peak, 1.0)
        try:
            wall, cpu, peak, told = measured([sys.executable, "-c", DUCKDB, str(folder), str(Path(place) / "duck.db")])
            row("DuckDB: the same columns into tables", wall, cpu, peak, ours / wall)
            print(f"\nRecords kept: {kept} of {given.events // FILES * FILES + given.identities}; DuckDB counts {told.decode().strip()}.")
        except SystemExit:
            print("\nDuckDB is not installed here; its row is left out.")
        wall, _, _, _ = measured(["sha256sum", *map(str, files)])
        print(f"\n`sha256sum` of the same files: {wall:.2f} s, {size / wall / 1e6:.0f} MB/s; hashing runs beside reading.")


def row(name, wall, cpu, peak, ratio):
    print(f"| {name} | {wall:.1f} s | {cpu:.1f} s | {peak:.0f} MiB | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main()
