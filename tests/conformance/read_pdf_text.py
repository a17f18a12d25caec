"""Reads the text of a pack's PDF with poppler, as a person would: no line of a template stands in it, and what it says there is none of, there is none of.

The report is set in pieces that are bound afterwards: every page has its number, the contents and the bookmarks (read by qpdf) lead to the
pages on which the headings stand, and every clause has a bookmark.

    read_pdf_text.py PACK
"""

import json
import re
import subprocess
import sys
from pathlib import Path

CODE = re.compile(r"#(let|if|for|set|show|par|context)\b|\.(len|map|filter|join|flatten|at|pos)\(|\bimport \"|\{\{|\{%")
ABSENT = {
    "exceptions": "No approved exceptions were stated.",
    "documents": "No documents were handed over.",
}

pack = Path(sys.argv[1])
text = subprocess.run(["pdftotext", "-layout", str(pack / "report.pdf"), "-"], check=True, capture_output=True).stdout.decode()
flat = " ".join(text.split())
assessment = json.loads((pack / "assessment.json").read_text())

problems = [f"code of a template: {line.strip()}" for line in text.splitlines() if CODE.search(line)]
for key, sentence in ABSENT.items():
    said, stated = sentence in flat, len(assessment[key])
    if said == bool(stated):
        problems.append(f"{stated} {key}, and the sentence `{sentence}` is {'there' if said else 'not there'}")

pages = text.split("\f")[:-1]
for number, page in enumerate(pages, 1):
    last = page.rstrip().splitlines()[-1]
    if not last.endswith(f"Page {number} of {len(pages)}"):
        problems.append(f"page {number} ends with: {last.strip()}")


def squeezed(value):
    """Without blanks and joints, so that a title is found wherever its lines break."""
    return re.sub(r"[\s\u200b\u2060]+", "", value)


flat_pages = [squeezed(page) for page in pages]
contents, indents = [], []
for page in pages[1:]:
    if " Contents " not in page.splitlines()[0]:
        break
    found = re.findall(r"^( *)(\S.*?) *(?:\. ?){3,}[\s\u2060]*(\d+)$", page, re.MULTILINE)
    contents += [(title, number) for _, title, number in found]
    indents += [(title, len(indent)) for indent, title, _ in found]
for title, number in contents:
    if squeezed(title) not in flat_pages[int(number) - 1]:
        problems.append(f"the contents lead to page {number} for `{title}`, which is not there")
if len(contents) < 12:
    problems.append(f"the contents have {len(contents)} lines")

outline = json.loads(
    subprocess.run(["qpdf", "--json", "--json-key=outlines", str(pack / "report.pdf")], check=False, capture_output=True).stdout
)["outlines"]


def walk(bookmarks):
    for own in bookmarks:
        yield own
        yield from walk(own["kids"])


bookmarks = list(walk(outline))
for own in bookmarks:
    number = own["destpageposfrom1"]
    if number is None or squeezed(own["title"]) not in flat_pages[number - 1]:
        problems.append(f"the bookmark `{own['title']}` leads to page {number}, and is not there")
if [own["destpageposfrom1"] for own in outline] != sorted(own["destpageposfrom1"] for own in outline):
    problems.append("the bookmarks of the first level are not in the order of the pages")
titles = {squeezed(own["title"]) for own in bookmarks}
clauses = [f"{own['clause']} {own['label']}" for own in assessment["clauses"]]
problems += [f"no bookmark for {clause}" for clause in clauses if squeezed(clause) not in titles]
listed = {squeezed(title) for title, _ in contents}
# What the contents set out at the margin is of the first level, and so is its bookmark.
margin = [squeezed(title) for title, indent in indents if indent == min(indent for _, indent in indents)]
if [squeezed(own["title"]) for own in outline] != margin:
    problems.append(f"bookmarks of the first level: {[own['title'] for own in outline]}; contents: {margin}")
problems += [f"not in the contents: {own['title']}" for own in outline if squeezed(own["title"]) not in listed]
if problems:
    sys.exit("\n".join(problems))
print(f"{len(pages)} pages with their numbers, {len(contents)} lines of contents and {len(bookmarks)} bookmarks that lead to their headings")
print(f"{len(text.split())} words; no code of a template, and nothing is said to be absent that is there")
