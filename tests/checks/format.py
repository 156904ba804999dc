#!/usr/bin/env python3
"""format.py REPOSITORY: every C++ file is as clang-format-19 would write it.

To repair: git ls-files '*.h' '*.cc' | xargs clang-format-19 -i
"""

import subprocess
import sys

import tree

root = tree.root_argument()
sources = [str(path) for path in tree.tracked_files(root) if path.suffix in (".h", ".cc")]
if not sources:
    sys.exit("no C++ files: nothing was checked")
command = ["clang-format-19", "--dry-run", "-Werror", *sources]
sys.exit(subprocess.run(command, cwd=root).returncode)
