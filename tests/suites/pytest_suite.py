"""Suites that pytest runs, from the source distribution of a package on PyPI."""

import json

from registry import pypi_sdist, python_environment
from suite import SUITES, Outcome, Suite, SuiteError, run_logged, tail

# One environment for all of them, so that it is made once.
REQUIREMENTS = SUITES / "python_requirements.txt"


class PytestSuite(Suite):
    source = "PyPI"

    def __init__(self, name, package, version, sha256, tests):
        """`tests` are paths below the package's top folder."""
        super().__init__(name)
        self.package, self.version, self.sha256 = package, version, sha256
        self.tests = tests
        self.title = f"{package} {version}"

    def prepare(self, tools):
        python = python_environment(tools / "python", REQUIREMENTS)
        pypi_sdist(tools / self.name, python, self.package, self.version, self.sha256)

    def environment(self, broker):
        """What tells the tests which broker to use."""
        raise NotImplementedError

    def run(self, tools, broker, left_out, results):
        return self.run_pytest(tools, tools / self.name, broker, left_out, results)

    def run_pytest(self, tools, source, broker, left_out, results):
        record = results / "outcomes"
        environment = {
            **self.environment(broker),
            "PYTHONPATH": str(SUITES / "pytest_plugins"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "BB_SUITE_RECORD": str(record),
            "BB_SUITE_LEFT_OUT": json.dumps([entry.tests for entry in left_out]),
        }
        python = tools / "python" / "bin" / "python"
        command = [python, "-m", "pytest", "-p", "bb_suite_recorder", "-p", "no:cacheprovider"]
        log = results / "log"
        run_logged([*command, *self.tests], log, source, environment, self.timeout_s)
        if not record.exists():
            raise SuiteError(f"{self.name} did not run:\n{tail(log)}")
        return {test: Outcome(*told) for test, told in json.loads(record.read_text()).items()}


class PluginSuite(PytestSuite):
    """Its tests learn of the broker by pytest_plugins/bb_suite_NAME.py."""

    def environment(self, broker):
        return {"PYTEST_PLUGINS": f"bb_suite_{self.name}", "BB_SUITE_URL": broker.url}


class CelerySuite(PytestSuite):
    """Of the Celery project, whose tests look for the broker where their CI has it."""

    def environment(self, broker):
        return {"RABBITMQ_HOST": broker.host, "RABBITMQ_5672_TCP": str(broker.port)}
