"""How each validator is run and what it tells: one function per peer, each of which starts a
process and gives microseconds by the name of what was measured."""

import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
PREFIX = "https://33god.dev/schemas/"
# So many bytes of lines that Blaze's start, which is taken off, hardly matters.
BLAZE_LINES_BYTES = 8_000_000
BLAZE_LOOP_US = 200_000
BLAZE_TIME = re.compile(r"PASS ([0-9.]+) \+-")


def blaze_program():
    """The native program in npm's package, without the script that starts it."""
    machine = {"x86_64": "x86_64", "aarch64": "arm64"}[platform.machine()]
    package = pathlib.Path(os.environ["NODE_PATH"]) / "@sourcemeta/jsonschema"
    return package / f"build/github-releases/jsonschema-linux-{machine}"


class Case:
    """A schema and a text that it accepts; `folder` has what the schema refers to."""

    def __init__(self, name, schema, instance, folder=None):
        self.name = name
        self.schema = str(schema)
        self.instance = str(instance)
        self.folder = str(folder) if folder else None

    def bytes(self):
        return pathlib.Path(self.instance).stat().st_size

    def words(self):
        """As the scripts of the peers take it."""
        return [self.schema, self.instance, *([self.folder] if self.folder else [])]


def run(command, **options):
    command = [str(word) for word in command]
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"failed with {done.returncode}: {' '.join(command)}\n{done.stderr}{done.stdout}")
    return done.stdout + done.stderr


def bloodbank(program, case):
    mapping = [f"{PREFIX}={ROOT / 'schemas'}"] if case.folder else []
    measured = json.loads(run([program, case.schema, case.instance, *mapping]))
    return {
        "bb": measured["is_valid_us"],
        "bb, with a report": measured["report_us"],
        "simdjson, DOM parse alone": measured["simdjson_us"],
        "compile bb": measured["compile_us"],
        "compile bb, the first": measured["compile_first_us"],
    }


def ajv(case):
    measured = json.loads(run(["node", HERE / "ajv_peer.js", *case.words()]))
    return {
        "ajv": measured["validate_us"],
        "JSON.parse alone": measured["parse_us"],
        "compile ajv, the first": measured["compile_first_us"],
    }


def python(library, name, case):
    script = [sys.executable, HERE / "python_peer.py", library, *case.words()]
    measured = json.loads(run(script))
    return {name: measured["validate_us"], f"compile {name}, the first": measured["compile_first_us"]}


def blaze_command(case, instance, *options):
    resolve = ["--resolve", case.folder] if case.folder else []
    return [blaze_program(), "validate", case.schema, instance, *resolve, *options, "-F"]


def blaze_from_text(case):
    """What one more line of a file costs, so without the program's start."""
    line = pathlib.Path(case.instance).read_text().strip() + "\n"
    count = max(2, BLAZE_LINES_BYTES // len(line))
    times = []
    with tempfile.TemporaryDirectory(prefix="bb-bench-") as folder:
        for number in (1, count):
            path = pathlib.Path(folder) / f"{number}.jsonl"
            path.write_text(line * number)
            begin = time.perf_counter()
            run(blaze_command(case, path, "--fast"))
            times.append((time.perf_counter() - begin) * 1e6)
    return {"Blaze, from text": (times[1] - times[0]) / (count - 1)}


def blaze_evaluation(case):
    """Its own measurement: of a document that is parsed already."""
    measured = {}
    for name, options in (
        ("Blaze, evaluation alone", []),
        ("Blaze --fast, evaluation alone", ["--fast"]),
    ):
        loops = 1000
        for _ in range(2):  # first to see how many loops fill the time
            command = blaze_command(case, case.instance, "--benchmark", "--loop", loops, *options)
            measured[name] = float(BLAZE_TIME.search(run(command)).group(1))
            loops = max(1000, round(BLAZE_LOOP_US / max(measured[name], 0.01)))
    return measured


def all_of(program, case):
    """Name -> a function that measures and gives name -> microseconds."""
    return [
        lambda: bloodbank(program, case),
        lambda: ajv(case),
        lambda: blaze_from_text(case),
        lambda: blaze_evaluation(case),
        lambda: python("jsonschema_rs", "jsonschema-rs", case),
        lambda: python("jsonschema", "jsonschema", case),
    ]


def measure(program, case, rounds):
    """Name -> the times of each round. In another order each round, so that nobody always
    follows the same one."""
    times = {}
    measures = all_of(program, case)
    for _ in range(rounds):
        for action in measures:
            for name, value in action().items():
                times.setdefault(name, []).append(value)
        measures.append(measures.pop(0))
    return times


def median(times, name):
    return statistics.median(times[name])
