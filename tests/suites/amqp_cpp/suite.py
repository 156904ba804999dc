"""AMQP-CPP. No registry has it, and its own tests need no broker: tests.cc is ours, over the library
of the checkout that $BB_SUITE_AMQP_CPP names."""

import os
import pathlib
import re

from registry import command
from suite import FAILED, PASSED, Outcome, Suite, SuiteError, run_logged, tail

RESULT = re.compile(r"^(passed|failed) ([a-z_]+)(?:: (.*))?$", re.MULTILINE)
STATES = {"passed": PASSED, "failed": FAILED}


class AmqpCpp(Suite):
    title = "AMQP-CPP (main of 2025-06-30)"
    source = "a checkout"

    def available(self):
        return "BB_SUITE_AMQP_CPP" in os.environ

    def prepare(self, tools):
        if not self.available():
            raise SuiteError("BB_SUITE_AMQP_CPP has to name a checkout of AMQP-CPP")
        checkout = pathlib.Path(os.environ["BB_SUITE_AMQP_CPP"]).absolute()
        build = tools / self.name
        command(["cmake", "-S", checkout, "-B", build, "-DCMAKE_BUILD_TYPE=Release"])
        command(["cmake", "--build", build])
        library = next(build.rglob("libamqpcpp.a"))
        compile_tests = ["c++", "-std=c++20", "-isystem", checkout / "include"]
        compile_tests += [self.directory / "tests.cc", library, "-lpthread", "-ldl"]
        command([*compile_tests, "-o", build / "tests"])

    def run(self, tools, broker, left_out, results):
        log = results / "log"
        tests = tools / self.name / "tests"
        run_logged([tests, broker.host, broker.port], log, results, timeout_s=self.timeout_s)
        outcomes = {
            name: Outcome(STATES[state], detail)
            for state, name, detail in RESULT.findall(log.read_text(errors="replace"))
        }
        if not outcomes:
            raise SuiteError(f"{self.name} did not run:\n{tail(log)}")
        return outcomes


SUITE = AmqpCpp("amqp_cpp")
