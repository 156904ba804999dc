"""What a suite of a client's own tests is to the driver (run.py).

tests/suites/NAME/ has suite.py, which defines SUITE, an instance of a subclass of Suite,
and expected.json:

  "passed"    how many of its tests pass on `bb serve`: a suite that finds none is no success
  "left_out"  the tests that do not count, each with the reason:
      "tests"  their name; * stands for anything
      "why"    one line
      "on"     "bb" when they pass on RabbitMQ; without it they count on neither broker

Nothing of a suite is in the repository: prepare() gets it from its registry, at the
version and with the hash that suite.py says.
"""

import contextlib
import dataclasses
import fcntl
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess

SUITES = pathlib.Path(__file__).resolve().parent
ROOT = SUITES.parent.parent

PASSED, FAILED, SKIPPED, NOT_RUN = "passed", "failed", "skipped", "not run"


class SuiteError(Exception):
    """The suite could not be got or run; one line or a log for whoever reads it."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    state: str  # NOT_RUN: it was left out, and so not started
    detail: str = ""


@dataclasses.dataclass(frozen=True)
class LeftOut:
    tests: str
    why: str
    on: str = ""

    def matches(self, test):
        pattern = ".*".join(re.escape(part) for part in self.tests.split("*"))
        return re.fullmatch(pattern, test, re.DOTALL) is not None


@dataclasses.dataclass(frozen=True)
class Expected:
    passed: int
    left_out: tuple

    def left_out_on(self, broker_name):
        return [entry for entry in self.left_out if entry.on in ("", broker_name)]


class Suite:
    """One client's tests. A subclass says how they are got and run."""

    title = ""  # "amqplib 2.0.1 (Node)"
    source = ""  # where it is from, for the table: "npm"
    bb_options = ()  # of `bb serve`
    timeout_s = 600  # ends a suite that hangs

    def __init__(self, name):
        self.name = name
        self.directory = SUITES / name

    def available(self):
        """False: it is run only when it is named, as something has to be provided for it."""
        return True

    def prepare(self, tools):
        """Gets all that is needed into folders below `tools`, shared by all builds;
        does nothing when it is there. See made_once()."""
        raise NotImplementedError

    def run(self, tools, broker, left_out, results):
        """Runs the tests against the broker (brokers.Broker) and gives {test: Outcome}.
        Those that an entry of left_out matches need not be run. `results` is an empty
        folder for whatever is worth looking at afterwards."""
        raise NotImplementedError

    def expected(self):
        told = json.loads((self.directory / "expected.json").read_text())
        entries = tuple(LeftOut(**entry) for entry in told["left_out"])
        for entry in entries:
            if entry.on not in ("", "bb") or not entry.why:
                raise SuiteError(f"{self.name}/expected.json: {entry}")
        return Expected(told["passed"], entries)


@contextlib.contextmanager
def made_once(folder, stamp):
    """`with made_once(folder, stamp) as make:` gives the folder, empty, when its content is to
    be made, and None when it was made under the same stamp before. One process at a time."""
    folder = pathlib.Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    stamp_file = folder / "stamp"
    with open(f"{folder}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp_file.exists() and stamp_file.read_text() == stamp:
            yield None
            return
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        yield folder
        stamp_file.write_text(stamp)


def run_logged(command, log, cwd, env=None, timeout_s=600):
    """Runs the command with its output in the file `log`, in a process group of its own that
    is gone when this returns. Gives its exit code; env is added to the caller's environment."""
    with open(log, "wb") as output:
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            return process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise SuiteError(f"no end after {timeout_s} s; {log}:\n{tail(log)}") from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def tail(log, lines=40):
    return "\n".join(pathlib.Path(log).read_text(errors="replace").splitlines()[-lines:])
