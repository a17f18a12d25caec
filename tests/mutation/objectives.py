#!/usr/bin/env python3
"""Deletes every deciding condition of every objective's query, one at a time, and lists those whose loss no case notices.

    python3 tests/mutation/objectives.py target/release/tickmark [OBJECTIVE ...]

A condition is the text between `when` and `then`: it becomes `false`. It decides unless it stands in what becomes `reason`, `artifact` or `record`:
cases say nothing of wording and places. A mutant is killed when a case of its objective fails, or when the query itself no longer runs.
Survivors are printed with their line; the list of known ones, each with its reason, stands in tests/mutation/survivors.tsv. A survivor that is not
in it ends the script with 1, and so does one in it that does not survive.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KNOWN = ROOT / "tests/mutation/survivors.tsv"
CONDITION = re.compile(r"\bwhen\b(.+?)\bthen\b", re.S | re.I)


TOKEN = re.compile(r"'(?:[^']|'')*'|[(),]|\b\w+\b")
TOLD = {"reason", "artifact", "record"}


def plain_of(sql):
    """The query with its comments blanked, so that places stay what they are."""
    return re.sub(r"--[^\n]*", lambda comment: " " * len(comment.group()), sql)


def column_of(plain, at):
    """The name of the column that the expression around a place becomes; none where it becomes no column."""
    tokens = [token.group().lower() for token in TOKEN.finditer(plain, at)]
    parens, cases = 0, 1
    for place, token in enumerate(tokens):
        parens += {"(": 1, ")": -1}.get(token, 0)
        cases += {"case": 1, "end": -1}.get(token, 0)
        if token in {"from", "where", "join", "on", "group", "union"} and parens <= 0 and cases <= 0:
            return None
        # `cast(... as text)` names a type.
        if token == "as" and parens <= 0 and cases <= 0 and tokens[place + 2: place + 3] in ([","], ["from"]):
            return tokens[place + 1]
    return None


def mutants(sql):
    """Each condition that decides with its line, outside comments, and the query without it."""
    plain = plain_of(sql)
    for found in CONDITION.finditer(plain):
        condition = " ".join(found.group(1).split())
        if " when " not in f" {condition} " and column_of(plain, found.end()) not in TOLD:
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
    """Objective and condition of the survivors that are accepted."""
    rows = [line.split("\t") for line in KNOWN.read_text().splitlines()[1:]] if KNOWN.exists() else []
    return [(row[0], row[1]) for row in rows]


def main():
    binary = str(Path(sys.argv[1]).resolve())
    chosen = sys.argv[2:]
    jobs = []
    for path in sorted((ROOT / "controls/objectives").glob("*/check.sql")):
        objective = path.parent.name
        if not chosen or objective in chosen:
            jobs += [(objective, *mutant) for mutant in mutants(path.read_text())]
    # One condition may stand several times in a query: each line of the list accepts one of them.
    accepted = [row for row in known() if not chosen or row[0] in chosen]
    left, fresh = list(accepted), 0
    survivors = 0
    with ThreadPoolExecutor(max_workers=2) as pool:
        for job, lives in zip(jobs, pool.map(lambda job: survives(binary, job[0], job[3]), jobs)):
            objective, line, condition, _ = job
            if not lives:
                continue
            survivors += 1
            mark = "known"
            if (objective, condition) in left:
                left.remove((objective, condition))
            else:
                mark, fresh = "NEW", fresh + 1
            print(f"{mark}\tcontrols/objectives/{objective}/check.sql:{line}\t{condition}", flush=True)
    for objective, condition in left:
        print(f"GONE\tcontrols/objectives/{objective}/check.sql\t{condition}")
    print(f"{len(jobs)} conditions deleted, {len(jobs) - survivors} noticed, {survivors} not: {fresh} of them new, {len(left)} listed and gone")
    sys.exit(1 if fresh or left else 0)


if __name__ == "__main__":
    main()
