"""amqplib for Node: all of its tests. Some insist on port 5672; redirect.js leads those to the
broker of the run, and reporter.mjs tells what became of each test."""

import json

from registry import command, npm_package
from suite import Outcome, Suite, SuiteError, made_once, run_logged, tail


class Amqplib(Suite):
    title = "amqplib 2.0.1"
    source = "npm"

    def prepare(self, tools):
        folder = tools / self.name
        npm_package(
            folder,
            package="amqplib",
            version="2.0.1",
            sha256="83b31314f602f0b05ba8cc97136190868a3c372d68655f819051269f427d4ed7",
        )
        # What its tests use besides; found by Node because it is above the package.
        lock = self.directory / "package-lock.json"
        with made_once(folder / "node_modules_for_tests", lock.read_text()) as made:
            if made is None:
                return
            for name in ("package.json", "package-lock.json"):
                (made / name).write_text((self.directory / name).read_text())
            npm = ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"]
            # npm takes a folder that is reached by a link for a package of its own.
            command([*npm, "--prefix", made.resolve()])

    def run(self, tools, broker, left_out, results):
        folder = tools / self.name
        record = results / "outcomes"
        environment = {
            "URL": broker.url,
            "BB_SUITE_PORT": str(broker.port),
            "BB_SUITE_RECORD": str(record),
            "NODE_PATH": str(folder / "node_modules_for_tests" / "node_modules"),
            "NODE_OPTIONS": f"--require {self.directory / 'redirect.js'}",
        }
        node = ["node", "--test", "--test-reporter", self.directory / "reporter.mjs"]
        # Its own script allows a second; a busy machine may need more. Older Nodes cannot be told.
        if "--test-timeout" in command(["node", "--help"]):
            node.append("--test-timeout=20000")
        tests = sorted((folder / "test").glob("*.test.js"))
        log = results / "log"
        run_logged([*node, *tests], log, folder, environment, self.timeout_s)
        if not record.exists():
            raise SuiteError(f"{self.name} did not run:\n{tail(log)}")
        return {test: Outcome(*told) for test, told in json.loads(record.read_text()).items()}


SUITE = Amqplib("amqplib")
