#!/usr/bin/env python3
"""tracked_files.py REPOSITORY: no source file too long to hold in mind, no
path that exists on one machine only."""

import re

import tree

LINES_MAX = 600
MACHINE_PATH = re.compile(r"(?<![\w.~$}-])/(home|Users|root|work|workspace)/\w+")

root = tree.root_argument()
findings = []
for path in tree.tracked_files(root):
    try:
        lines = (root / path).read_text().splitlines()
    except UnicodeDecodeError:
        continue  # not text
    if path.parts[0] in ("src", "include") and len(lines) > LINES_MAX:
        findings.append(f"{path}: {len(lines)} lines; split it (at most {LINES_MAX})")
    for number, line in enumerate(lines, start=1):
        found = MACHINE_PATH.search(line)
        if found:
            findings.append(f"{path}:{number}: names a path of one machine: {found.group()}")

tree.finish(findings)
