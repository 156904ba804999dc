"""amqp091-go: its tests, those behind the build tag `integration` among them.

They drop connections over a management API whose port they know; in the unpacked copy,
that is the broker's own. suite.mod takes the place of the module's go.mod, with an older
goleak, so that Debian's Go 1.19 does."""

import concurrent.futures
import json
import os
import re
import shutil

from registry import command
from suite import FAILED, NOT_RUN, PASSED, SKIPPED, Outcome, Suite, SuiteError, made_once
from suite import run_logged, tail

MODULE = "github.com/rabbitmq/amqp091-go"
VERSION = "v1.16.0"
SUM = "h1:1O8oQqnj9hLACoo6CVMgn57z2pLWXvgemhh4GsquV+Y="
# No other Go than the one at hand, and nothing of a workspace around it.
ENVIRONMENT = {"GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": ""}

MANAGEMENT_URL_GO = """package utils

import "os"

var managementURL = os.Getenv("BB_SUITE_HTTP_URL")
"""
MANAGEMENT_URLS = {
    '"http://localhost:15672/api': 'managementURL + "/api',
    '"http://localhost:"+port+"/api': 'managementURL + "/api',
}

RESULT = re.compile(r"^--- (PASS|FAIL|SKIP): (\S+) \(", re.MULTILINE)
STATES = {"PASS": PASSED, "FAIL": FAILED, "SKIP": SKIPPED}


# Mostly they wait, each for a connection of a name of its own to be made again.
WAITING = "TestConnectionRecovery"
WAITING_PARTS = 3


def in_parts(names):
    """What is run one by one in a process of its own, beside the others."""
    waiting = [name for name in names if name.startswith(WAITING)]
    parts = [waiting[first::WAITING_PARTS] for first in range(WAITING_PARTS)]
    return [part for part in ([name for name in names if name not in waiting], *parts) if part]


class Amqp091Go(Suite):
    title = f"amqp091-go {VERSION.removeprefix('v')}"
    source = "Go module proxy"

    def prepare(self, tools):
        modules = [(self.directory / name).read_text() for name in ("suite.mod", "suite.sum")]
        go_version = command(["go", "version"])
        stamp = "\n".join([SUM, go_version, json.dumps(MANAGEMENT_URLS), *modules])
        with made_once(tools / self.name, stamp) as made:
            if made is None:
                return
            source = made / "source"
            shutil.copytree(self.module_directory(made), source)
            for path in (source, *source.rglob("*")):
                path.chmod(path.stat().st_mode | 0o200)
            for name, content in zip(("suite.mod", "suite.sum"), modules):
                (source / name).write_text(content)
            self.take_management_url(source / "internal" / "utils")
            build = ["go", "test", "-c", "-vet=off", "-tags=integration", "-modfile=suite.mod"]
            command([*build, "-o", made / "tests", "."], cwd=source, env=self.environment())

    def environment(self):
        return {**os.environ, **ENVIRONMENT}

    def module_directory(self, scratch):
        download = ["go", "mod", "download", "-json", f"{MODULE}@{VERSION}"]
        told = json.loads(command(download, cwd=scratch, env=self.environment()))
        if told["Sum"] != SUM:
            raise SuiteError(f"{MODULE} {VERSION} has the sum {told['Sum']}, not {SUM}")
        return told["Dir"]

    def take_management_url(self, folder):
        path = folder / "http.go"
        text = path.read_text()
        for theirs, ours in MANAGEMENT_URLS.items():
            if theirs not in text:
                raise SuiteError(f"{path} has no {theirs}")
            text = text.replace(theirs, ours)
        path.write_text(text)
        (folder / "bb_suite.go").write_text(MANAGEMENT_URL_GO)

    def run(self, tools, broker, left_out, results):
        listed = command([tools / self.name / "tests", "-test.list", "."], cwd=results)
        names = re.findall(r"^((?:Test|Example|Fuzz)\w*)$", listed, re.MULTILINE)
        wanted = [name for name in names if not any(entry.matches(name) for entry in left_out)]
        outcomes = {name: Outcome(NOT_RUN) for name in names}
        with concurrent.futures.ThreadPoolExecutor() as pool:
            for told in pool.map(
                lambda part: self.run_part(tools, broker, results, *part),
                enumerate(in_parts(wanted)),
            ):
                outcomes.update(told)
        return outcomes

    def run_part(self, tools, broker, results, number, names):
        log = results / f"log.{number}"
        environment = {"AMQP_URL": broker.url + "/", "BB_SUITE_HTTP_URL": broker.http_url}
        tests = [tools / self.name / "tests", "-test.v", f"-test.timeout={self.timeout_s}s"]
        tests += ["-test.run", f"^({'|'.join(names)})$"]
        run_logged(tests, log, tools / self.name / "source", environment, self.timeout_s)
        text = log.read_text(errors="replace")
        outcomes = {name: Outcome(FAILED, f"did not end:\n{tail(log)}") for name in names}
        for result in RESULT.finditer(text):
            # What a test writes comes before its result.
            begin = text.rfind(f"=== RUN   {result[2]}\n", 0, result.start())
            outcomes[result[2]] = Outcome(STATES[result[1]], text[max(begin, 0) : result.start()])
        return outcomes


SUITE = Amqp091Go("amqp091_go")
