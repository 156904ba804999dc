"""lapin (Rust), from its crate: the tests of its sources and of its tests/ folder, a program each.
It asks for a newer Rust than Debian 12 has, so it is in no test run."""

import json
import os
import pathlib
import re
import shutil

from registry import command, unpack
from suite import FAILED, PASSED, SKIPPED, Outcome, Suite, SuiteError, made_once, run_logged

VERSION = "4.12.3"
SHA256 = "3212643cc0031d982f81a62360998106268587237d81d6e8501a0a323e13b656"
RUST = (1, 88)

CARGO_TOML = f"""[package]
name = "download"
version = "0.0.0"
edition = "2021"

[lib]
path = "lib.rs"

[dependencies]
lapin = "={VERSION}"
"""

RESULT = re.compile(r"^test (\S+) \.\.\. (ok|FAILED|ignored)", re.MULTILINE)
STATES = {"ok": PASSED, "FAILED": FAILED, "ignored": SKIPPED}


class Lapin(Suite):
    title = f"lapin {VERSION} (Rust)"
    source = "crates.io"

    def available(self):
        if not shutil.which("cargo"):
            return False
        version = re.search(r"(\d+)\.(\d+)", command(["cargo", "--version"]))
        return tuple(map(int, version.groups())) >= RUST

    def prepare(self, tools):
        if not self.available():
            raise SuiteError(f"lapin needs Rust {RUST[0]}.{RUST[1]} or newer on PATH")
        rust = command(["rustc", "--version"])
        with made_once(tools / self.name, f"{VERSION} {SHA256} {rust}") as made:
            if made is None:
                return
            unpack(self.downloaded_crate(made / "download"), SHA256, made / "source")
            build = ["cargo", "test", "--quiet", "--locked", "--no-run", "--features", "smol"]
            built = command([*build, "--message-format=json"], cwd=made / "source")
            programs = {}
            for line in built.splitlines():
                if not line.startswith("{"):
                    continue
                told = json.loads(line)
                if told.get("executable") and told["profile"]["test"]:
                    programs[told["target"]["name"]] = told["executable"]
            (made / "programs").write_text(json.dumps(programs))

    def downloaded_crate(self, folder):
        """Where cargo keeps it."""
        folder.mkdir()
        (folder / "Cargo.toml").write_text(CARGO_TOML)
        (folder / "lib.rs").touch()
        command(["cargo", "fetch", "--quiet"], cwd=folder)
        home = pathlib.Path(os.environ.get("CARGO_HOME", pathlib.Path.home() / ".cargo"))
        found = list(home.glob(f"registry/cache/*/lapin-{VERSION}.crate"))
        if not found:
            raise SuiteError(f"cargo has kept no lapin-{VERSION}.crate below {home}")
        return found[0]

    def run(self, tools, broker, left_out, results):
        folder = tools / self.name
        environment = {"AMQP_ADDR": broker.url + "/%2f"}
        outcomes = {}
        for name, program in sorted(json.loads((folder / "programs").read_text()).items()):
            log = results / f"log.{name}"
            code = run_logged([program], log, folder / "source", environment, self.timeout_s)
            text = log.read_text(errors="replace")
            found = {
                f"{name}::{test}": Outcome(STATES[state], text)
                for test, state in RESULT.findall(text)
            }
            if code != 0 and all(outcome.state == PASSED for outcome in found.values()):
                found[name] = Outcome(FAILED, text)
            outcomes.update(found)
        return outcomes


SUITE = Lapin("lapin")
