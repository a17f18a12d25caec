#!/usr/bin/env python3
"""How long it takes to lay out 19 110 findings and 120 clauses, against WeasyPrint and ReportLab with the same content, as Markdown.

    python3 benches/rendering.py <assessment.json of a pack of the sample> [--profile dev]

Not a test: nothing here passes or fails by time. WeasyPrint and ReportLab come from PyPI (`pip install weasyprint reportlab`); without
them their rows are left out. They are given less than our report has: clauses, findings with every row and exhibits, but no register,
no dossiers, no forms, no tags for readers of screens and no attachment.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from html import escape
from pathlib import Path


# What is watched as the rows grow, and to how many.
GROWING = (("pdf-all", "every row on a page"), ("pdf", "`report.pdf`"), ("html", "`index.html`"), ("machine", "machine forms"))
COUNTS = (12_500, 25_000, 50_000, 100_000)


def built(more):
    made = subprocess.run(
        ["cargo", "bench", "--bench", "rendering", "--no-run", "--offline", "--message-format=json", *more], check=True, stdout=subprocess.PIPE, text=True)
    lines = [json.loads(line) for line in made.stdout.splitlines() if line.startswith("{")]
    return next(line["executable"] for line in lines if line.get("executable") and line["target"]["name"] == "rendering")


def blocks(view):
    """What both are given: headings, sentences, tables of text."""
    for framework in view["frameworks"]:
        yield "heading", framework["short_title"]
        for clause in framework["clauses"]:
            yield "subheading", f"{clause['id']} {clause['label']}"
            yield "text", clause["statement"]
            if clause["kind"] == "clause":
                yield "text", f"{clause['status_label']}. {clause['summary']}"
                for reason in clause["reasons"]:
                    yield "text", f"{reason['objective']}: {reason['text']}"
                if clause["objectives"]:
                    yield "table", [[own["title"], own["coverage_label"], own["status_label"], own["rationale"]] for own in clause["objectives"]]
                if clause["deviations"]["rows"]:
                    yield "table", [[own["subject"], own["reason"], own["exhibit"]["label"], own["record"]] for own in clause["deviations"]["rows"]]
    for objective in view["objectives"]:
        yield "heading", objective["title"]
        yield "text", objective["statement"]
        for reason in objective["reasons"]:
            yield "text", reason["text"]
        if objective["deviations"]["rows"]:
            yield "table", [[own["subject"], own["reason"], own["exhibit"]["label"], own["record"]] for own in objective["deviations"]["rows"]]
    for exhibit in view["exhibits"]:
        yield "subheading", f"{exhibit['id']} {exhibit['path']}"
        yield "table", [[key, str(exhibit[key])] for key in ("note", "adapter", "system", "collected_at", "sha256")]


def weasyprint(view, out):
    import weasyprint
    parts = []
    for kind, value in blocks(view):
        if kind == "table":
            rows = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in value)
            parts.append(f"<table>{rows}</table>")
        else:
            tag = {"heading": "h1", "subheading": "h2", "text": "p"}[kind]
            parts.append(f"<{tag}>{escape(value)}</{tag}>")
    style = ("@page{size:A4;margin:2.2cm} body{font:9.6pt serif} h1{font-size:14pt} h2{font-size:11pt} "
             "table{width:100%;table-layout:fixed;border-collapse:collapse;font:7.6pt sans-serif} td{border-bottom:.3pt solid #999;overflow-wrap:anywhere;vertical-align:top}")
    document = weasyprint.HTML(string=f"<style>{style}</style>{''.join(parts)}").render()
    document.write_pdf(out)
    return len(document.pages)


def reportlab(view, out):
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate
    style = {kind: ParagraphStyle(kind, fontSize=size, leading=size * 1.2) for kind, size in (("heading", 14), ("subheading", 11), ("text", 9.6))}
    cell = ParagraphStyle("cell", fontSize=7.6, leading=9, splitLongWords=1)
    story = []
    for kind, value in blocks(view):
        if kind == "table":
            width = 470 / len(value[0])
            story.append(LongTable([[Paragraph(escape(text), cell) for text in row] for row in value], colWidths=[width] * len(value[0])))
        else:
            story.append(Paragraph(escape(value), style[kind]))
    document = SimpleDocTemplate(str(out), pagesize=A4)
    document.build(story)
    return document.page


def spent(command):
    """Runs a command; what it printed last, with the processor time of all its threads."""
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    printed = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0 or not printed:
        return None
    return json.loads(printed.splitlines()[-1]) | {"cpu": usage.ru_utime + usage.ru_stime}


def aside(name, path, out):
    """Runs one of them in a process of its own, so that its memory is its own."""
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import rendering; rendering.measure({name!r}, {str(path)!r}, {str(out)!r})"
    return spent([sys.executable, "-c", code])


def measure(name, path, out):
    view = json.loads(Path(path).read_text(encoding="utf-8"))
    # Loading the library is no part of the job.
    __import__(name)
    started = time.perf_counter()
    pages = globals()[name](view, out)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"seconds": seconds, "peak_mib": peak, "bytes": Path(out).stat().st_size, "pages": pages}))


def main(assessment, *more):
    binary = built(more)
    rows = []
    for job, name in (
        ("pdf", "`report.pdf`, long lists as an excerpt, everything attached"),
        ("pdf-all", "`report.pdf`, every row on a page"),
        ("html", "`index.html`"),
        ("machine", "all machine forms"),
    ):
        rows.append((name, spent([binary, assessment, job])))
    base = rows[1][1]["cpu"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "view.json"
        path.write_bytes(subprocess.run([binary, assessment, "view-all"], check=True, stdout=subprocess.PIPE).stdout)
        for name, title in (("weasyprint", "WeasyPrint"), ("reportlab", "ReportLab")):
            if made := aside(name, path, Path(folder) / f"{name}.pdf"):
                rows.append((f"{title}, every row on a page, {made['pages']} pages", made))
    print("| job | wall | CPU | peak memory | size | ratio of CPU |\n|---|---|---|---|---|---|")
    for name, own in rows:
        figures = f"{own['seconds']:.1f} s | {own['cpu']:.1f} s | {own['peak_mib']} MiB | {own['bytes'] / 1e6:.1f} MB"
        print(f"| {name} | {figures} | {own['cpu'] / base:.2f} |")
    print("\n| rows | " + " | ".join(f"{title}, wall and memory" for _, title in GROWING) + " |\n|---|" + "---|" * len(GROWING))
    for count in COUNTS:
        cells = [spent([binary, assessment, f"{job}:{count}"]) for job, _ in GROWING]
        print(f"| {count} | " + " | ".join(f"{own['seconds']:.1f} s, {own['peak_mib']} MiB" for own in cells) + " |")


if __name__ == "__main__":
    main(*sys.argv[1:])
