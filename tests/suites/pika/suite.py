"""pika, the acceptance tests of the checkout that $BB_SUITE_PIKA names: its source distribution has
none. They look for a broker on port 5672; in the copy, on the broker's."""

import os
import shutil

from pytest_suite import PytestSuite
from registry import python_environment
from suite import SUITES, SuiteError

FILES = ("tests/acceptance/blocking_adapter_test.py", "tests/base/async_test_base.py")


class Pika(PytestSuite):
    source = "a checkout"
    timeout_s = 1800

    def available(self):
        return "BB_SUITE_PIKA" in os.environ

    def prepare(self, tools):
        if not self.available():
            raise SuiteError("BB_SUITE_PIKA has to name a checkout of pika")
        # An environment of its own: its loops need packages that no other suite does.
        python_environment(tools / self.name / "python", SUITES / self.name / "requirements.txt")

    def environment(self, broker):
        return {}

    def run(self, tools, broker, left_out, results):
        source = results / "source"
        shutil.copytree(os.environ["BB_SUITE_PIKA"], source, ignore=shutil.ignore_patterns(".git"))
        for name in FILES:
            file = source / name
            file.write_text(file.read_text().replace("5672", str(broker.port)))
        return self.run_pytest(tools / self.name, source, broker, left_out, results)


SUITE = Pika("pika", package="pika", version="1.4.4", sha256="", tests=["tests/acceptance"])
