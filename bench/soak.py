"""`bb serve` for long at half of what it can do, with a consumer that comes and goes: does its
memory stay as it is, its latency, the number of its descriptors?"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent / "broker"
sys.path.insert(0, str(HERE))

import runs  # noqa: E402
import servers  # noqa: E402

PROBE_EVENTS = 400_000
PROBES = 3
COLUMNS = {
    "seconds": "s",
    "events_per_s": "events/s",
    "waiting": "waiting",
    "visits": "visits",
    "resident_mib": "resident MiB",
    "descriptors": "descriptors",
    "threads": "threads",
    "disk_mib": "disk MiB",
    "cpu_share": "cpu",
    "p50_us": "p50 µs",
    "p99_us": "p99 µs",
}
HELD = ["resident_mib", "descriptors", "threads", "disk_mib", "cpu_share", "p50_us", "p99_us"]


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bb", required=True, help="the program")
    parser.add_argument("--client", required=True, help="the program broker_bench")
    parser.add_argument("--minutes", type=float, default=30, help="(%(default)s)")
    parser.add_argument("--share", type=float, default=0.5, help="of its rate (%(default)s)")
    parser.add_argument("--rate", type=int, help="events a second, in place of a share")
    parser.add_argument("--every", type=int, default=10, help="seconds a row (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the visits (%(default)s)")
    parser.add_argument("--folder", default="build/bench", help="for data (%(default)s)")
    parser.add_argument("--json", help="a file for every row")
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    if not runs.is_on_disk(options.folder):
        parser.error(f"{options.folder} is not on a disk: choose another --folder")
    return options


def state_of(server):
    process = pathlib.Path(f"/proc/{server.process.pid}")
    return {
        "resident_mib": server.resident_mib(),
        "descriptors": len(list((process / "fd").iterdir())),
        "threads": len(list((process / "task").iterdir())),
        "disk_mib": server.disk_mib(),
    }


def rate_of(bench, options):
    """What a publisher and two consumers get through, as fast as they can."""
    if options.rate:
        return options.rate
    rates = [
        bench.loaded(bench.server, "bb", "throughput", PROBE_EVENTS, "--consumers", 2)
        for _ in range(PROBES)
    ]
    most = statistics.median(row["events_per_s"] for row in rates)
    print(f"as fast as it can: {most:,.0f} events/s, each to 2 queues", file=sys.stderr)
    return int(most * options.share)


def soak(bench, options, rate):
    """A row for each report of the client."""
    command = [bench.client, "soak", "--port", bench.server.port, "--rate", rate]
    command += ["--seconds", int(options.minutes * 60), "--every", options.every]
    command += ["--seed", options.seed]
    client = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True)
    rows, before = [], {"seconds": 0, "published": 0, "cpu_s": bench.server.processor_s()}
    for line in client.stdout:
        row = json.loads(line) | state_of(bench.server) | {"cpu_s": bench.server.processor_s()}
        seconds = max(row["seconds"] - before["seconds"], 1e-9)
        row["events_per_s"] = (row["published"] - before["published"]) / seconds
        row["cpu_share"] = (row["cpu_s"] - before["cpu_s"]) / seconds
        before = row
        rows.append(row)
        print("  ", ", ".join(f"{name} {row[key]:,.6g}" for key, name in COLUMNS.items()),
              file=sys.stderr)
    if client.wait() != 0:
        raise runs.RunError("an event was lost, came twice or came in the wrong order")
    return rows


def print_report(rows, rate):
    # The last row is what was left to receive; the first ones warm up.
    rows = rows[:-1]
    third = max(1, len(rows) // 3)
    early, late = rows[:third], rows[-third:]
    print(f"\n### {rows[-1]['seconds'] / 60:.0f} minutes at {rate:,} events/s, "
          f"{rows[-1]['visits']} visits\n")
    print("| median of | first third | last third | last ÷ first | largest |")
    print("| --- | --: | --: | --: | --: |")
    for key in HELD:
        first = statistics.median(row[key] for row in early)
        last = statistics.median(row[key] for row in late)
        largest = max(row[key] for row in rows)
        print(f"| {COLUMNS[key]} | {first:,.5g} | {last:,.5g} | {last / first:.2f} "
              f"| {largest:,.5g} |")
    total = rows[-1]
    print(f"\n{total['published']:,} events published, each to 2 queues; "
          f"{total['redelivered']:,} came again to the next visitor; none was lost or out of order")


def main():
    options = parse_options()
    servers.BbServe.program = pathlib.Path(options.bb).absolute()
    with tempfile.TemporaryDirectory(prefix="soak-", dir=options.folder) as folder:
        bench = runs.Bench(pathlib.Path(options.client).absolute(), folder, quick=False)
        try:
            bench.start("bb")
            rate = rate_of(bench, options)
            rows = soak(bench, options, rate)
        finally:
            bench.stop()
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(rows, indent=1))
    print_report(rows, rate)
    print("again: ./bench/run.sh soak --minutes", f"{options.minutes:g}")


if __name__ == "__main__":
    main()
