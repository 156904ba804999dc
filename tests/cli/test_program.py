"""What the program says without a broker: help, version, completion."""

import json
import re
import subprocess

import pytest

from bb_pytest import PATIENCE_S
from fake_broker import FakeBroker

COMMANDS = ["serve", "publish", "subscribe", "validate", "doctor", "version", "help", "completion"]
OK, FAILURE, USAGE = 0, 1, 2


def test_version(bb_alone):
    shown = bb_alone("version")
    assert (shown.returncode, shown.stderr) == (OK, "")
    assert re.search(r"\d+\.\d+\.\d+", shown.stdout)
    assert bb_alone("--version").stdout == shown.stdout


@pytest.mark.parametrize("way", [["help"], ["--help"], ["-h"]])
def test_help_names_every_command(bb_alone, way):
    shown = bb_alone(*way)
    assert (shown.returncode, shown.stderr) == (OK, "")
    for command in COMMANDS:
        assert re.search(rf"^\s+{command}\b", shown.stdout, re.MULTILINE), command


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(bb_alone, command):
    shown = bb_alone(command, "--help")
    assert (shown.returncode, shown.stderr) == (OK, "")
    assert f"bb {command}" in shown.stdout
    assert bb_alone("help", command).stdout == shown.stdout
    assert "\x1b" not in shown.stdout  # no colour: this is no terminal


def test_no_command_is_a_usage_error(bb_alone):
    shown = bb_alone()
    assert (shown.returncode, shown.stdout) == (USAGE, "")
    assert "bb help" in shown.stderr or "--help" in shown.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_offers_the_commands(bb_alone, shell):
    script = bb_alone("completion", shell)
    assert (script.returncode, script.stderr) == (OK, "")
    for command in COMMANDS:
        assert command in script.stdout
    assert "--payload-file" in script.stdout or "payload-file" in script.stdout


def test_bash_completion_completes(bb_alone):
    """Sourced into a bash, asked for what follows `bb pub`."""
    script = bb_alone("completion", "bash").stdout
    ask = """
      COMP_WORDS=(bb pub); COMP_CWORD=1; COMP_LINE='bb pub'; COMP_POINT=6
      function_of() { complete -p bb | sed 's/.*-F \\([^ ]*\\) .*/\\1/'; }
      "$(function_of)" bb pub bb
      printf '%s\\n' "${COMPREPLY[@]}"
    """
    offered = subprocess.run(
        ["bash", "--norc", "-c", script + ask], stdout=subprocess.PIPE, text=True, check=True
    )
    assert [word.strip() for word in offered.stdout.split()] == ["publish"]


def test_dry_run_needs_no_broker(bb_alone):
    arguments = ["publish", "llm.prompt", "--json", '{"n":1.10}', "--skip-validation"]
    shown = bb_alone(*arguments, "--dry-run")
    assert shown.returncode == OK, shown.stderr
    assert json.loads(shown.stdout)["payload"] == {"n": 1.1}


def test_output_to_a_closed_pipe_is_no_failure(bb_alone):
    """As in `bb help | head -0`."""
    process = bb_alone.start("help")
    process.stdout.close()
    assert process.wait() == OK
    assert process.stderr.read() == ""


def with_closed(program, descriptors, *arguments):
    """The finished process, started without these of its standard descriptors."""
    closing = " ".join(f"{descriptor}>&-" for descriptor in descriptors)
    return subprocess.run(
        ["bash", "-c", f'exec "$@" {closing}', "bash", program.executable, *map(str, arguments)],
        cwd=program.folder,
        env=program.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )


def test_a_closed_standard_output_is_an_error(bb_alone):
    """And the id is not written to a socket or file that took its descriptor."""
    with FakeBroker() as broker:
        publish = ["publish", "llm.prompt", "--mock", "--url", broker.url]
        failed = with_closed(bb_alone, [1], *publish)
    assert failed.returncode == FAILURE
    assert failed.stderr == "bb: cannot write the output: Bad file descriptor\n"


def test_a_closed_standard_input_is_an_error(bb_alone):
    failed = with_closed(bb_alone, [0], "publish", "llm.prompt", "--json", "-", "--dry-run")
    assert (failed.returncode, failed.stdout) == (FAILURE, "")
    assert failed.stderr == "bb: cannot read standard input: Bad file descriptor\n"
