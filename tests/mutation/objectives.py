#!/usr/bin/env python3
"""Deletes every deciding condition of every objective's query, one at a time, and lists those whose loss no case notices.

    python3 tests/mutation/objectives.py target/debug/tickmark [OBJECTIVE ...]

A deciding condition is the text between `when` and `then`: it becomes `false`. A mutant is killed when a case of its objective fails, or
when the query itself no longer runs. Survivors are printed with their line; the list of known ones, each with its reason, stands in
tests/mutation/survivors.tsv, and a survivor that is not in it ends the script with 1.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONDITION = re.compile(r"\bwhen\b(.+?)\bthen\b", re.S | re.I)


def mutants(sql):
    """Each condition with its line, outside comments, and the query without it."""
    plain = re.sub(r"--[^\n]*", lambda comment: " " * len(comment.group()), sql)
    for found in CONDITION.finditer(plain):
        condition = " ".join(found.group(1).split())
        if " when " not in f" {condition} ":
            line = sql.count("\n", 0, found.start()) + 1
            yield line, condition, sql[: found.start(1)] + " false " + sql[found.end(1):]


def survives(binary, objective, sql):
    with tempfile.TemporaryDirectory() as overlay:
        # The cases of the working tree, not those that the binary holds.
        folder = Path(overlay) / "objectives" / objective
        shutil.copytree(ROOT / "controls/objectives" / objective, folder)
        (folder / "check.sql").write_text(sql)
        run = subprocess.run([binary, "--controls", overlay, "catalog", "lint", "--objective", objective], capture_output=True)
        return run.returncode == 0


def known():
    path = ROOT / "tests/mutation/survivors.tsv"
    rows = [line.split("\t") for line in path.read_text().splitlines()[1:]] if path.exists() else []
    return {(row[0], row[1]) for row in rows}


def main():
    binary = str(Path(sys.argv[1]).resolve())
    chosen = sys.argv[2:]
    jobs = []
    for path in sorted((ROOT / "controls/objectives").glob("*/check.sql")):
        objective = path.parent.name
        if not chosen or objective in chosen:
            jobs += [(objective, *mutant) for mutant in mutants(path.read_text())]
    with ThreadPoolExecutor(max_workers=2) as pool:
        alive = list(pool.map(lambda job: survives(binary, job[0], job[3]), jobs))
    survivors = [job for job, lives in zip(jobs, alive) if lives]
    accepted = known()
    fresh = [job for job in survivors if (job[0], job[2]) not in accepted]
    for objective, line, condition, _ in survivors:
        mark = "known" if (objective, condition) in accepted else "NEW"
        print(f"{mark}\tcontrols/objectives/{objective}/check.sql:{line}\t{condition}")
    print(f"{len(jobs)} conditions deleted, {len(jobs) - len(survivors)} noticed, {len(survivors)} not, {len(fresh)} of them new")
    sys.exit(1 if fresh else 0)


if __name__ == "__main__":
    main()
