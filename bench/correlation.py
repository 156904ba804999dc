"""What caused what: links recorded a second, the ancestors of an event in a graph of 10,000 beside a
walk of one round trip for each event, and what tracking costs publishing. SQLite and Redis."""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import uuid

import bb_serve
import service
from redis_server import RedisServer

EVENTS = 300_000
LINKS_MIN, WALK_MAX_MS, COST_MAX = 50_000, 50, 0.10


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("--bb", required=True, help="the program")
    parser.add_argument("--bench", required=True, help="the program correlation_bench")
    parser.add_argument("--rounds", type=int, default=5, help="of each measurement (%(default)s)")
    parser.add_argument("--events", type=int, default=EVENTS, help="published in a round (%(default)s)")
    parser.add_argument("--folder", default="build/bench", help="for data, on a disk (%(default)s)")
    return parser.parse_args()


def measure_engines(options, folder):
    """Engine -> rows of what correlation_bench says."""
    rows = {"sqlite": [], "redis": []}
    for number in range(options.rounds):
        for engine, figures in rows.items():
            redis = RedisServer(folder) if engine == "redis" else None
            place = redis.port if redis else folder / f"links-{number}.sqlite"
            done = subprocess.run(
                [options.bench, engine, str(place)], capture_output=True, text=True, check=True
            )
            figures.append(json.loads(done.stdout))
            print(f"  {done.stdout.strip()}", file=sys.stderr)
            if redis:
                redis.stop()
    return rows


def write_events(path, count):
    """Envelopes of about 600 bytes, each caused by the one ten before it."""
    ids = []
    with open(path, "w") as out:
        for n in range(count):
            ids.append(str(uuid.uuid4()))
            event = {
                "event_id": ids[-1],
                "event_type": "bench.event.published",
                "timestamp": "2026-01-27T10:15:30.123456Z",
                "version": "1.0.0",
                "source": {"host": "bench", "type": "manual", "app": "bench", "meta": None},
                "correlation_ids": ids[-11:-10],
                "agent_context": None,
                "payload": {"n": n, "text": "x" * 250},
            }
            out.write(json.dumps(event) + "\n")


def publish(options, folder, events, correlation, redis):
    """Events a second of one `bb publish --jsonl`, to a `bb serve` of its own."""
    url_file = folder / "url"
    data = folder / "bus"
    bb_serve.start(data, url_file, options.bb, "--correlation", correlation, owner_pid=os.getpid())
    settings = {**os.environ, "RABBIT_URL": url_file.read_text().strip(), **(redis or {})}
    command = [options.bb, "publish", "--jsonl", events, "--envelopes", "--skip-validation", "-q"]
    begin = time.monotonic()
    done = subprocess.run([str(word) for word in command], env=settings, capture_output=True, text=True)
    took = time.monotonic() - begin
    bb_serve.stop(data, url_file)
    # That the history alone has the events is fine; a link that is not recorded is not.
    if done.returncode != 0 or "warning" in done.stderr:
        raise SystemExit(f"bb publish: {done.returncode}: {done.stderr}")
    return options.events / took


def measure_publishing(options, folder):
    """Kind -> events a second."""
    events = folder / "events.jsonl"
    write_events(events, options.events)
    rates = {"off": [], "embedded": [], "redis": []}
    for number in range(options.rounds):
        # Another order each round.
        kinds = list(rates)
        kinds = kinds[number % 3 :] + kinds[: number % 3]
        for kind in kinds:
            redis = RedisServer(folder) if kind == "redis" else None
            rate = publish(options, folder, events, "on" if kind == "embedded" else "off",
                           redis and redis.settings)
            if redis:
                links = int(redis.cli("DBSIZE"))
                if links < options.events:
                    raise SystemExit(f"{links} keys for {options.events} events")
                redis.stop()
            rates[kind].append(rate)
            print(f"  publish, tracking {kind}: {rate:.0f} events/s", file=sys.stderr)
    return rates


def verdict(fine):
    return "reached" if fine else "MISSED"


def main():
    options = parse_options()
    os.makedirs(options.folder, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="correlation-", dir=options.folder) as name:
        folder = pathlib.Path(name).absolute()
        engines = measure_engines(options, folder)
        rates = measure_publishing(options, folder)
    print("| links | recorded/s | ancestors of one in 10,000 events, ms | one round trip each, ms | × |")
    print("| --- | --: | --: | --: | --: |")
    fine = True
    for engine, rows in engines.items():
        rate, walk, naive = (
            statistics.median(row[key] for row in rows)
            for key in ("links_per_s", "walk_ms", "one_by_one_ms")
        )
        fine = fine and rate >= LINKS_MIN and walk <= WALK_MAX_MS
        print(f"| {engine} | {rate:.0f} | {walk:.1f} | {naive:.1f} | {naive / walk:.1f} |")
    print(f"\nthe bars, {LINKS_MIN} links/s and {WALK_MAX_MS} ms: {verdict(fine)}\n")
    print("| publishing in bulk, tracking | events/s | cost |")
    print("| --- | --: | --: |")
    base = statistics.median(rates["off"])
    for kind, values in rates.items():
        rate = statistics.median(values)
        print(f"| {kind} | {rate:.0f} | {1 - rate / base:.1%} |")
    cost = 1 - statistics.median(rates["embedded"]) / base
    print(f"\nthe bar, {COST_MAX:.0%}: {verdict(cost <= COST_MAX)}")


if __name__ == "__main__":
    try:
        main()
    except service.ServiceError as problem:
        sys.exit(f"correlation.py: {problem}")
