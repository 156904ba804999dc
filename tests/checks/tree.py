"""What the checks share: the files of the repository, and how findings are told."""

import pathlib
import subprocess
import sys

NOT_OURS = {".git", "build", "node_modules", "__pycache__", ".cache"}


def root_argument():
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} REPOSITORY")
    return pathlib.Path(sys.argv[1])


def tracked_files(root):
    """Relative paths. What git tracks, so that work in progress is left alone;
    every file where there is no git, as in an unpacked archive."""
    if (root / ".git").exists():
        # Git refuses a repository of another user unless told that it is safe.
        command = ["git", "-c", "safe.directory=*", "-C", str(root), "ls-files", "-z"]
        listed = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
        names = [pathlib.Path(name) for name in listed.decode().split("\0") if name]
    else:
        names = [path.relative_to(root) for path in root.rglob("*")]
        names = [name for name in names if not NOT_OURS & set(name.parts)]
    files = [name for name in names if (root / name).is_file()]
    if not files:
        sys.exit(f"no files under {root}: nothing was checked")
    return sorted(files)


def finish(findings):
    """One line each, and the exit code that CTest looks at."""
    for finding in findings:
        print(finding)
    sys.exit(1 if findings else 0)
