#!/usr/bin/env python3
"""How long each check takes over large evidence, against DuckDB answering the same SQL over the same tables, as a Markdown table.

    python3 benches/assessing.py target/release/tickmark [--events 10000000] [--identities 1000000] [--keep DIR]

With --keep the population stays in DIR, and one that is there already is used again.

Not a test: nothing here passes or fails by time. DuckDB comes from PyPI (`pip install duckdb`); without it its columns are left out.
Both read the same Parquet files: the tables that `tickmark assess --cache` keeps. DuckDB makes the derived tables and answers the checks
by our own SQL; where the dialects differ, words are replaced (`DIALECT`), and a check that DuckDB cannot run shows no time.
"""

import argparse
import filecmp
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import reading

ROOT = Path(__file__).resolve().parent.parent
CONTROLS = ROOT / "controls"
TICKETS_MAX = 20_000
OWNERS = 2_000
COLLECTED = "2026-09-30T22:00:00Z"


def populate(folder, events, identities):
    """The population of reading.py, stated and dated, with a register, people, tickets, reviews, findings and an exception."""
    reading.populate(folder, events, identities)
    arn = "arn:aws:iam::123456789012:user/svc-"
    tickets = min(TICKETS_MAX, 2 * identities)
    with open(folder / "register.csv", "w") as out:
        out.write("identity,platform,scope,owner,owner_status,purpose,service,class,criticality,expires_at,approval_ticket,last_reviewed_at\n")
        for number in range(identities):
            if number % 50 == 7:
                continue
            owner = "" if number % 40 == 3 else f"Owner Number{number % OWNERS}"
            out.write(
                f"{arn}{number},aws,123456789012,{owner},active,settles batch {number % 900},payments,"
                f"{['batch', 'integration', 'vendor', ''][number % 4]},{['high', 'normal'][number % 2]},2027-01-31,SEC-{number % tickets},2026-08-01\n"
            )
    with open(folder / "owners.csv", "w") as out:
        out.write("owner_ref,name,email,team,status,left_at,deputy\n")
        for number in range(OWNERS):
            left = number % 100 == 9
            out.write(f"o{number},Owner Number{number},o{number}@corp.example,team{number % 30},{'left' if left else 'active'},{'2026-08-02' if left else ''},\n")
    with open(folder / "tickets.csv", "w") as out:
        out.write("Summary,Issue key,Issue Type,Status,Labels,Labels,Assignee,Reporter,Created,Resolved,Description\n")
        for number in range(tickets):
            kind, word = [("Access Request", "Create"), ("Task", "Rotate key of"), ("Task", "Retire")][number % 3]
            out.write(f"{word} svc-{number * 31 % identities},SEC-{number},{kind},Done,nhi,,Owner Number1,Owner Number2,01/Jul/26 9:12 AM,03/Jul/26 5:00 PM,as agreed\n")
    with open(folder / "reviews.csv", "w") as out:
        out.write("Campaign,Account,Entitlement,Reviewer,Decision,Decision Date,Comment\n")
        for number in range(0, identities, 2):
            out.write(f"Q3 2026,{arn}{number},settle,Owner Number{number % OWNERS},{'Revoke' if number % 500 == 2 else 'Approve'},15/09/2026,needed\n")
    paths = [f"logs/events-{file:02}.json.gz" for file in range(reading.FILES)]
    paths += ["credential-report.csv", "register.csv", "owners.csv", "tickets.csv", "reviews.csv"]
    with open(folder / "artifacts.yaml", "w") as out:
        out.write("artifacts:\n")
        for path in paths:
            rows = events // reading.FILES if path.startswith("logs/") else sum(1 for _ in open(folder / path)) - 1
            out.write(f'  - path: {path}\n    collected_at: "{COLLECTED}"\n    instance: "123456789012"\n    rows: {rows}\n    zone: UTC\n')
    (folder / "exceptions.yaml").write_text(
        f"exceptions:\n  - id: EX-1\n    title: One old key\n    objective: credential-rotation\n    subjects: [\"{arn}0 access key 1\"]\n"
        "    reason: The counterpart changes its key in November.\n    requested_by: Owner Number3\n    approved_by: Owner Number4\n"
        '    approved_at: "2026-08-01T10:00:00Z"\n    expires_at: "2026-12-31T00:00:00Z"\n    compensating_measure: Its addresses are fixed.\n'
        "    retirement_plan: New key in November.\n"
    )
    statement = (folder / "tickmark.yaml").read_text()
    every = "[pci-dss@4.0.1, soc2-tsc@2017, iso-27001@2022, dora-rts-ict-risk@2024-1774, owasp-nhi-top10@2025, nist-ai-rmf@1.0]"
    (folder / "tickmark.yaml").write_text(statement.replace("[owasp-nhi-top10@2025]", every))


def assessed(tickmark, folder, cache, out):
    """Wall seconds, CPU seconds, peak MiB, and the stages with their seconds."""
    command = [tickmark, "assess", str(folder), "--cache", str(cache), "--timings", "--format", "json", "--out", str(out)]
    started = time.monotonic()
    child = subprocess.Popen(command, stderr=subprocess.PIPE)
    told = child.stderr.read().decode()
    _, status, usage = os.wait4(child.pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(told)
    stages = {name.strip(): float(took) for name, took in re.findall(r"│ (.+?) +([0-9.]+) s +│", told)}
    return time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, stages


# What DuckDB says in other words.
DIALECT = [
    (r"\bfirst_value\((?=[^()]*(\([^()]*\)[^()]*)*\border by\b)", "first("),
    (r"\bstruct\((.+?) as class, (.+) as because\)", r"struct_pack(class := \1, because := \2)"),
    (r'cast\("at" as bigint\)', 'epoch_us("at")'),
]
MACROS = """
create macro days_between(a, b) as cast(floor((epoch_us(b) - epoch_us(a)) / 86400000000.0) as bigint);
create macro to_char(a, form) as strftime(a, form);
create macro regexp_like(t, p) as regexp_matches(t, p);
"""


def translated(sql, parameters):
    # `at` is a word of DuckDB's own; in texts and comments it stays.
    parts = re.split(r"(--[^\n]*|'(?:[^']|'')*')", sql)
    sql = "".join(part if odd % 2 else re.sub(r"\bat\b", '"at"', part) for odd, part in enumerate(parts))
    for old, new in DIALECT:
        sql = re.sub(old, new, sql)
    return re.sub(r"\$([a-z_]+)", lambda found: parameters[found[1]], sql)


def literals(objective, instants):
    """The parameters of an objective as the assessment records them, as SQL."""
    told = dict(instants)
    for own in objective["parameters"]:
        value = own["value"]
        is_number = re.fullmatch(r"-?[0-9]+", value) and own["unit"] != "text"
        told[own["name"]] = value if is_number or value in ("true", "false") else "'" + value.replace("'", "''") + "'"
        told[own["name"] + "_for"] = "''"
    return told


def duck(entry, assessment, place):
    """Seconds of DuckDB by stage, named as ours."""
    import duckdb

    db = duckdb.connect(str(place / "duck.db"))
    db.execute("set threads=2; set memory_limit='4GB'; set preserve_insertion_order=false; set enable_progress_bar=false")
    db.execute(MACROS)
    frame = assessment["frame"]
    at = frame["as_of_utc"].rstrip("Z")
    instants = {"as_of": f"timestamp '{at}'", "period_to": f"timestamp '{at}'", "period_from": f"timestamp '{frame['period_from']} 00:00:00'"}
    derived = {path.stem: path for path in (CONTROLS / "tables").glob("*.sql")}
    for path in entry.glob("*.parquet"):
        if path.stem not in derived:
            db.execute(f"create view {path.stem} as select * from read_parquet('{path}')")
    took = {}

    def timed(name, sql):
        started = time.monotonic()
        try:
            db.execute(sql)
            took[name] = time.monotonic() - started
        except duckdb.Error as error:
            took[name] = None
            print(f"{name}: DuckDB: {str(error).splitlines()[0]}", file=sys.stderr)

    reads = {name: re.search(r"^reads: \[(.*)\]", path.with_suffix(".yaml").read_text(), re.M)[1].split(", ") for name, path in derived.items()}
    while reads:
        for name in sorted(name for name, own in reads.items() if not any(read in reads for read in own)):
            timed(f"making the table {name}", f"create table {name} as {translated(derived[name].read_text(), instants)}")
            if took[f"making the table {name}"] is None:
                db.execute(f"create view {name} as select * from read_parquet('{entry / (name + '.parquet')}')")
            del reads[name]
    for objective in assessment["objectives"]:
        check = CONTROLS / "objectives" / objective["id"] / "check.sql"
        if check.exists() and objective["observations_digest"]:
            timed(f"testing {objective['id']}", f"create or replace temp table list as {translated(check.read_text(), literals(objective, instants))}")
    return took


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("tickmark")
    arguments.add_argument("--events", type=int, default=10_000_000)
    arguments.add_argument("--identities", type=int, default=1_000_000)
    arguments.add_argument("--keep", type=Path)
    arguments.add_argument("--only-populate", action="store_true", help="make the population and stop")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as place:
        place = Path(place)
        folder = given.keep or place / "evidence"
        if not (folder / "tickmark.yaml").exists():
            populate(folder, given.events, given.identities)
        if given.only_populate:
            return
        cache = place / "cache"
        wall, cpu, peak, ours = assessed(given.tickmark, folder, cache, place / "assessment.json")
        # The record of a million identities is too large for a reader of whole documents; frame and parameters are those of a small one.
        small = place / "small"
        populate(small, 2_000, 200)
        assessed(given.tickmark, small, place / "small-cache", place / "small.json")
        assessment = json.loads((place / "small.json").read_text())
        entry = next(cache.glob("*/ledger.json")).parent
        try:
            theirs = duck(entry, assessment, place)
        except ImportError:
            theirs = {}
            print("DuckDB is not installed here; its column is left out.", file=sys.stderr)
        print(f"{given.events} events, {given.identities} identities, {2 * given.identities} credentials\n")
        print("| stage | tickmark | DuckDB | ratio |\n|---|---|---|---|")
        both = [name for name in ours if theirs.get(name) is not None]
        for name in ours:
            if name.startswith(("making the table", "testing ")) and name != "testing the objectives":
                own = theirs.get(name)
                print(f"| {name} | {ours[name]:.2f} s | " + (f"{own:.2f} s | {ours[name] / own:.1f} |" if own is not None else "| |"))
        # Ours run side by side: their sum is longer than they take.
        phases = ["making the derived tables", "testing the objectives"]
        total, other = sum(ours[name] for name in phases), sum(theirs[name] for name in both)
        if both:
            print(f"| all of them, by the clock | {total:.2f} s | {other:.2f} s | {total / other:.1f} |")
        for name in ours:
            if name in phases or not name.startswith(("making the table", "testing", "all")):
                print(f"| {name} | {ours[name]:.2f} s | | |")
        size = (place / "assessment.json").stat().st_size / 1e6
        print(f"\nThe whole: {wall:.1f} s, {cpu:.1f} s of CPU, peak memory {peak:.0f} MiB, record {size:.0f} MB.")
        wall, cpu, peak, _ = assessed(given.tickmark, folder, cache, place / "again.json")
        same = filecmp.cmp(place / "assessment.json", place / "again.json", shallow=False)
        print(f"Again with the cache: {wall:.1f} s, {cpu:.1f} s of CPU, {peak:.0f} MiB; {'the same bytes' if same else 'OTHER BYTES'}.")
        shutil.rmtree(cache)


if __name__ == "__main__":
    main()
