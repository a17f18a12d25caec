#!/usr/bin/env python3
"""Reads the tables of a pack back with other people's readers: CSV by Python's own module, workbooks by openpyxl.

    python3 read_machine_forms.py <pack>

Holds that every workbook has typed cells, filters, a frozen header and no formula, that its sheets and the CSV files say the same,
and that no clause of assessment.json is missing. Prints one line per file; exits with 1 when something does not hold.
"""

import csv
import datetime
import json
import pathlib
import sys

import openpyxl

LIVE = ("=", "+", "-", "@", "\t", "\r")
broken = 0


def hold(what, holds):
    global broken
    if not holds:
        broken += 1
        print("FAIL  " + what)


def check_csv(path, name):
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file, strict=True))
    hold(f"{name} has a header of different names", len(set(rows[0])) == len(rows[0]) > 1)
    hold(f"{name} has as many cells in every row as its header", all(len(row) == len(rows[0]) for row in rows))
    hold(f"{name} has no cell that a spreadsheet takes for a formula", not any(cell.startswith(LIVE) for row in rows for cell in row))
    print(f"ok    {name}: {len(rows) - 1} rows of {len(rows[0])} cells")
    return rows


def check_workbook(path, name):
    book = openpyxl.load_workbook(path)
    for sheet in book.worksheets:
        place = f"{name} [{sheet.title}]"
        cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
        hold(f"{place} has a frozen header", sheet.freeze_panes == "A2")
        hold(f"{place} has filters over its header", (sheet.auto_filter.ref or "").startswith("A1:"))
        hold(f"{place} has no formula", not any(cell.data_type == "f" for cell in cells))
        hold(f"{place} has a row of titles", all(cell.data_type == "s" for cell in sheet[1]))
        print(f"ok    {place}: {sheet.max_row - 1} rows of {sheet.max_column} cells")
    return book


def main(pack):
    pack = pathlib.Path(pack)
    assessment = json.loads((pack / "assessment.json").read_text(encoding="utf-8"))
    tables = {path.relative_to(pack).as_posix(): path for path in sorted(pack.rglob("*.csv"))}
    hold("the pack has CSV files", "machine/clauses.csv" in tables and "register.csv" in tables)
    copies = {artifact.get("packed") for artifact in assessment["artifacts"]}
    read = {name: check_csv(path, name) for name, path in tables.items() if name not in copies}

    clauses = [(own["framework"], own["clause"]) for own in assessment["clauses"]]
    listed = [tuple(row[:2]) for row in read["machine/clauses.csv"][1:]]
    hold("machine/clauses.csv has every clause, in order", listed == clauses)

    book = check_workbook(pack / "machine/workbook.xlsx", "machine/workbook.xlsx")
    check_workbook(pack / "register.xlsx", "register.xlsx")
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    hold("the sheet of clauses has as many rows as its CSV file", sheets["Clauses"].max_row == len(read["machine/clauses.csv"]))
    for name in ("deviations", "plan-of-action", "findings-by-requirement", "organizational-profile"):
        hold(f"the pack has machine/{name}.csv", f"machine/{name}.csv" in read)
    for name, rows in read.items():
        same = [sheet.title for sheet in book.worksheets if sheet.max_row == len(rows) and sheet.max_column == len(rows[0])]
        hold(f"{name} has a sheet with as many rows and columns", bool(same) or not name.startswith("machine/"))
    forms = ("findings-by-requirement", "organizational-profile")
    for name in (f"machine/{form}.csv" for form in forms):
        inside = {row[0] for row in read.get(name, [])[1:]}
        wanted = [(own["framework"], own["clause"]) for own in assessment["clauses"] if own["status"] and own["framework"] in inside]
        hold(f"{name} has every clause that is assessed, in order", [tuple(row[:2]) for row in read.get(name, [])[1:]] == wanted)
    counts = [row[2].value for row in sheets["Summary"].iter_rows(min_row=2)]
    hold("the counts of the summary are numbers", all(isinstance(count, int) for count in counts))
    hold("the counts of the summary add up", sum(counts[:-1]) == counts[-1] == sum(own["status"] is not None for own in assessment["clauses"]))
    instants = [row[8].value for row in sheets["Summary"].iter_rows(min_row=2)]
    hold("the instants of the summary are instants", all(isinstance(at, datetime.datetime) for at in instants))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
