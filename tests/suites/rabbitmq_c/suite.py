"""rabbitmq-c, the tests of the checkout that $BB_SUITE_RABBITMQ_C names: Debian's packages have none.
The one of them that needs a broker looks for it on port 5672; in the copy, on the broker's. What
Debian's library does with a broker is tests/interop/rabbitmq_c_test.cc."""

import os
import re
import shutil

from registry import command
from suite import FAILED, PASSED, Outcome, Suite, SuiteError, run_logged, tail

RESULT = re.compile(r"Test +#\d+: (\S+) \.+ *(Passed|\*+\S+)")
PORT, PORT_OF_RUN = "AMQP_PROTOCOL_PORT", 'atoi(getenv("BB_SUITE_PORT"))'


class RabbitmqC(Suite):
    title = "rabbitmq-c (main of 2026-07-01)"
    source = "a checkout"

    def available(self):
        return "BB_SUITE_RABBITMQ_C" in os.environ

    def prepare(self, tools):
        if not self.available():
            raise SuiteError("BB_SUITE_RABBITMQ_C has to name a checkout of rabbitmq-c")
        folder = tools / self.name
        shutil.rmtree(folder, ignore_errors=True)
        source = folder / "source"
        shutil.copytree(os.environ["BB_SUITE_RABBITMQ_C"], source)
        test = source / "tests" / "test_basic.c"
        test.write_text(test.read_text().replace(PORT, PORT_OF_RUN))
        options = ["-DRUN_SYSTEM_TESTS=ON", "-DENABLE_SSL_SUPPORT=OFF", "-DCMAKE_BUILD_TYPE=Debug"]
        command(["cmake", "-S", source, "-B", folder / "build", *options])
        command(["cmake", "--build", folder / "build"])

    def run(self, tools, broker, left_out, results):
        log = results / "log"
        environment = {"BB_SUITE_PORT": str(broker.port)}
        ctest = ["ctest", "--output-on-failure"]
        run_logged(ctest, log, tools / self.name / "build", environment, self.timeout_s)
        outcomes = {
            name: Outcome(PASSED if state == "Passed" else FAILED, tail(log))
            for name, state in RESULT.findall(log.read_text(errors="replace"))
        }
        if not outcomes:
            raise SuiteError(f"{self.name} did not run:\n{tail(log)}")
        return outcomes


SUITE = RabbitmqC("rabbitmq_c")
