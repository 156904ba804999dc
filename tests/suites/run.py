#!/usr/bin/env python3
"""Runs clients' own test suites against a broker of their own.

  run.py --bb PROGRAM SUITE            against `bb serve`: fails unless every test passes that
                                       SUITE/expected.json does not leave out
  run.py --bb PROGRAM --compare [SUITE...]
                                       the same suites, or all, on RabbitMQ as well, and what
                                       differs; fails when a test that counts passes on
                                       RabbitMQ and not on `bb serve`
  run.py --broker rabbitmq SUITE       against RabbitMQ alone

Options: --tools DIR (what is downloaded; build/tools/suites), --results DIR (logs;
build/suites).
"""

import argparse
import importlib.util
import pathlib
import shutil
import sys
import time

import brokers
import service
from suite import PASSED, ROOT, SUITES, SuiteError

DETAIL_LINES_MAX = 25


def names():
    return sorted(path.parent.name for path in SUITES.glob("*/suite.py"))


def load(name):
    path = SUITES / name / "suite.py"
    if not path.exists():
        raise SuiteError(f"no suite '{name}'; there are: {', '.join(names())}")
    spec = importlib.util.spec_from_file_location(f"suite_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.SUITE


class Run:
    """A suite's outcomes on one broker, held against what is expected of it."""

    def __init__(self, suite, broker_name, outcomes, seconds):
        self.suite, self.broker_name, self.outcomes = suite, broker_name, outcomes
        self.seconds = seconds
        self.expected = suite.expected()
        left_out = self.expected.left_out_on(broker_name)
        self.counted = {
            test: outcome
            for test, outcome in outcomes.items()
            if not any(entry.matches(test) for entry in left_out)
        }
        self.passed = {test for test, outcome in self.counted.items() if outcome.state == PASSED}

    def problems(self):
        """What is not as expected, a text each."""
        for test, outcome in self.counted.items():
            if outcome.state != PASSED:
                lines = outcome.detail.splitlines()[-DETAIL_LINES_MAX:]
                yield "\n    ".join([f"{outcome.state}: {test}", *lines])
        for entry in self.expected.left_out_on(self.broker_name):
            if not any(entry.matches(test) for test in self.outcomes):
                yield f"left out, but there is no such test: {entry.tests}"
        if self.broker_name == "bb" and len(self.passed) != self.expected.passed:
            yield f"{len(self.passed)} tests passed; expected.json says {self.expected.passed}"


def run(suite, broker_name, options):
    results = options.results / suite.name / broker_name
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir(parents=True)
    suite.prepare(options.tools)
    left_out = suite.expected().left_out_on(broker_name)
    with brokers.started(broker_name, results, options.bb, suite.bb_options) as broker:
        started = time.monotonic()
        outcomes = suite.run(options.tools, broker, left_out, results)
        seconds = time.monotonic() - started
    return Run(suite, broker_name, outcomes, seconds)


def tell(one):
    problems = list(one.problems())
    for problem in problems:
        print(problem, flush=True)
    left_out = len(one.outcomes) - len(one.counted)
    print(
        f"{one.suite.title} on {one.broker_name}: {len(one.passed)} passed,"
        f" {len(one.counted) - len(one.passed)} not, {left_out} left out, {one.seconds:.0f} s",
        flush=True,
    )
    return not problems


def compare(suite, options):
    """Runs it on both; gives its line of the table, and whether all is well."""
    on = {}
    for broker_name in ("rabbitmq", "bb"):
        on[broker_name] = run(suite, broker_name, options)
        tell(on[broker_name])
    rabbitmq, bb = on["rabbitmq"], on["bb"]
    only_rabbitmq = sorted(rabbitmq.passed - bb.passed)
    undeclared = [test for test in only_rabbitmq if test in bb.counted]
    for test in only_rabbitmq:
        print(f"passes on RabbitMQ alone: {test}")
    for entry in suite.expected().left_out:
        tests = [test for test in bb.outcomes if entry.matches(test)]
        states = {one.outcomes[test].state for one in on.values() for test in tests}
        if states == {PASSED}:
            print(f"left out, but passes on both: {entry.tests}")
    row = (suite.title, suite.source, len(rabbitmq.passed), len(bb.passed), len(only_rabbitmq))
    left_out = len(bb.outcomes) - len(bb.counted)
    return (*row, left_out, f"{bb.seconds:.0f} s"), not undeclared


def table(rows):
    heads = ("suite", "from", "passed on RabbitMQ", "on bb serve", "on RabbitMQ alone")
    lines = [(*heads, "left out", "takes"), ("---",) * 7, *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("suites", nargs="*", metavar="SUITE")
    parser.add_argument("--bb", type=pathlib.Path, default=ROOT / "build" / "release" / "bb")
    parser.add_argument("--broker", choices=("bb", "rabbitmq"), default="bb")
    parser.add_argument("--compare", action="store_true")
    parser.add_argument("--tools", type=pathlib.Path, default=ROOT / "build" / "tools" / "suites")
    parser.add_argument("--results", type=pathlib.Path, default=ROOT / "build" / "suites")
    options = parser.parse_args()
    for name in ("bb", "tools", "results"):
        setattr(options, name, getattr(options, name).absolute())

    rows, well = [], True
    for name in options.suites or [name for name in names() if load(name).available()]:
        try:
            suite = load(name)
            if options.compare:
                row, as_expected = compare(suite, options)
                rows.append(row)
            else:
                as_expected = tell(run(suite, options.broker, options))
            well = well and as_expected
        except (SuiteError, service.ServiceError) as problem:
            print(f"{name}: {problem}", flush=True)
            well = False
    if rows:
        print(table(rows))
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
