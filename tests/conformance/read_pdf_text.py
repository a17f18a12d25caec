"""Reads the text of a pack's PDF with poppler, as a person would: no line of a template stands in it, and what it says there is none of, there is none of.

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
if problems:
    sys.exit("\n".join(problems))
print(f"{len(text.split())} words; no code of a template, and nothing is said to be absent that is there")
