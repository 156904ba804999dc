"""Checking JSON texts against schemas, from raw bytes to the verdict.

The same schemas and the same bytes for everybody, formats asserted: in one process, over and
over; as a file of events; and as a whole process for one file. Interleaved, so that whatever
else the machine does falls on all of them alike.
"""

import argparse
import pathlib
import statistics
import sys

HERE = pathlib.Path(__file__).parent / "validate"
sys.path.insert(0, str(HERE))

import peers  # noqa: E402
import processes  # noqa: E402

SCHEMAS = peers.ROOT / "schemas"
COMMON = SCHEMAS / "common/schemas"
VOICE = SCHEMAS / "whisperlivekit/events/transcription.voice.completed.v1.schema.json"
DATA = HERE / "data"

CASES = [
    peers.Case("voice, short", VOICE, DATA / "voice_short.json", COMMON),
    peers.Case("voice, long", VOICE, DATA / "voice_long.json", COMMON),
    peers.Case("push", DATA / "push.schema.json", DATA / "push.json"),
    peers.Case("plan", DATA / "plan.schema.json", DATA / "plan.json"),
]
# Case -> peer -> how many times as fast we are to be.
BARS = {
    "voice, short": {"ajv": 4.5, "Blaze, from text": 3.5},
    "voice, long": {"ajv": 4, "Blaze, from text": 2.5},
    "push": {"ajv": 4, "Blaze, from text": 2.5},
    "plan": {"ajv": 4, "Blaze, from text": 2.5},
}
EVENTS_BARS = {"ajv, in memory": 4, "Blaze --fast": 5}
EVENTS_MEMORY_MIB_MAX = 64
COMPILE_US_MAX = 1000
ONE_FILE_MS_MAX = 5


def verdict(holds):
    return "met" if holds else "MISSED"


def print_table(title, unit, times, reference, extra=None):
    """A row for each name: the median, its tenths, and its ratio to the reference's."""
    print(f"| {title} | median {unit} | p10 | p90 | × {reference} |{' MiB |' if extra else ''}")
    print(f"| --- | --: | --: | --: | --: |{' --: |' if extra else ''}")
    base = statistics.median(times[reference])
    for name, values in times.items():
        tenths = statistics.quantiles(values, n=10, method="inclusive")
        median = statistics.median(values)
        row = f"| {name} | {median:.2f} | {tenths[0]:.2f} | {tenths[-1]:.2f} | {median / base:.2f} |"
        peak = f" {max(extra[name]):.0f} |" if extra and name in extra else " |" if extra else ""
        print(row + peak)
    print()


def print_bars(times, reference, bars):
    base = statistics.median(times[reference])
    for name, bar in bars.items():
        ratio = statistics.median(times[name]) / base
        print(f"bar: {bar} × as fast as {name}: {ratio:.2f}, {verdict(ratio >= bar)}")
    print()


def texts(options):
    compiling = {}
    for case in CASES:
        times = peers.measure(options.bench, case, options.rounds)
        for name in [name for name in times if name.startswith("compile ")]:
            compiling.setdefault(name, {})[case.name] = statistics.median(times.pop(name))
        print_table(f"{case.name}, {case.bytes()} bytes", "µs", times, "bb")
        print_bars(times, "bb", BARS[case.name])
    names = [case.name for case in CASES]
    print("| µs | " + " | ".join(names) + " |\n| --- |" + " --: |" * len(names))
    for name, values in compiling.items():
        print(f"| {name} | " + " | ".join(f"{values[case]:.0f}" for case in names) + " |")
    slowest = max(compiling["compile bb, the first"].values())
    print(f"\nbar: at most {COMPILE_US_MAX} µs: {slowest:.0f}, {verdict(slowest <= COMPILE_US_MAX)}\n")


def events(options):
    path = pathlib.Path(options.events_folder) / f"voice_{options.events}.jsonl"
    processes.write_events(path, options.events)
    seconds, memory = processes.measure_events(options.bb, CASES[0], path, options.rounds)
    title = f"{options.events} events, {path.stat().st_size / 1e6:.0f} MB"
    reference = "bb validate --jsonl"
    print_table(title, "s", seconds, reference, memory)
    print_bars(seconds, reference, EVENTS_BARS)
    peak = max(memory[reference])
    print(f"bar: at most {EVENTS_MEMORY_MIB_MAX} MiB: {peak:.0f}, "
          f"{verdict(peak <= EVENTS_MEMORY_MIB_MAX)}\n")


def one_file(options):
    times = processes.measure_one_file(options.bb, CASES[0], options.runs)
    print_table("whole process", "ms", times, "bb validate")
    median = statistics.median(times["bb validate"])
    print(f"bar: at most {ONE_FILE_MS_MAX} ms: {median:.2f}, {verdict(median <= ONE_FILE_MS_MAX)}\n")


PARTS = {"texts": texts, "events": events, "one-file": one_file}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bb", required=True, help="the program")
    parser.add_argument("--bench", required=True, help="the program validate_bench")
    parser.add_argument("--rounds", type=int, default=5, help="of each measurement (%(default)s)")
    parser.add_argument("--runs", type=int, default=20, help="of a whole process (%(default)s)")
    parser.add_argument("--events", type=int, default=200_000, help="in the file (%(default)s)")
    parser.add_argument("--events-folder", default="build/bench", help="where that file is kept")
    parser.add_argument("parts", nargs="*", default=list(PARTS), help=f"of {', '.join(PARTS)}")
    options = parser.parse_args()
    if options.rounds < 2 or options.runs < 2:
        parser.error("--rounds and --runs must be 2 or more")
    for part in options.parts:
        if part not in PARTS:
            parser.error(f"no part '{part}': {', '.join(PARTS)}")
    for part in options.parts:
        PARTS[part](options)
    print("again: ./bench/run.sh validate", *options.parts)


if __name__ == "__main__":
    main()
