"""A pytest plugin: leaves out the tests that $BB_SUITE_LEFT_OUT names (a JSON list, * stands for
anything), and writes what became of each to the file $BB_SUITE_RECORD: a JSON object
{test: [state, detail]}, with the states of suite.py."""

import json
import os
import re

outcomes = {}


def pytest_collection_modifyitems(config, items):
    patterns = [
        re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
        for pattern in json.loads(os.environ["BB_SUITE_LEFT_OUT"])
    ]
    kept, left_out = [], []
    for item in items:
        matches = any(pattern.fullmatch(item.nodeid) for pattern in patterns)
        (left_out if matches else kept).append(item)
    for item in left_out:
        outcomes[item.nodeid] = ("not run", "")
    config.hook.pytest_deselected(items=left_out)
    items[:] = kept


def pytest_collectreport(report):
    if report.failed:
        outcomes[report.nodeid] = ("failed", report.longreprtext)


def pytest_runtest_logreport(report):
    # Of set-up, call and tear-down the first that did not pass counts.
    if outcomes.get(report.nodeid, ("passed",))[0] != "passed" or report.outcome == "rerun":
        return
    detail = "" if report.passed else report.longreprtext
    outcomes[report.nodeid] = (report.outcome, detail)


def pytest_sessionfinish(session):
    partial = os.environ["BB_SUITE_RECORD"] + ".partial"
    with open(partial, "w") as record:
        json.dump(outcomes, record, indent=1)
    os.rename(partial, os.environ["BB_SUITE_RECORD"])
