"""The examples in the help work when they are pasted."""

import subprocess

import pytest

from bb_pytest import PATIENCE_S


def examples(bb, command):
    text = bb("help", command).stdout
    return [line.strip() for line in text.partition("\nExamples:\n")[2].splitlines()]


@pytest.mark.parametrize("command", ["publish", "validate"])
def test_examples(bb, everything, command):
    lines = examples(bb, command)
    assert len(lines) >= 5
    script = "\n".join([f'bb() {{ "{bb.executable}" "$@"; }}', *lines])
    ran = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=bb.folder,
        env=bb.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
