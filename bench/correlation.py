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

import pika

import bb_serve
import service
from redis_server import RedisServer

sys.path.insert(0, str(pathlib.Path(__file__).parent / "broker"))
import servers  # noqa: E402

EVENTS = 300_000
# RabbitMQ gets one event of so many: it takes ten times as long for each.
RABBITMQ_SHARE = 6
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


def run_publish(options, events, url, settings):
    """Seconds that one `bb publish --jsonl` takes."""
    command = [options.bb, "publish", "--jsonl", events, "--envelopes", "--skip-validation", "-q"]
    environment = {**os.environ, "RABBIT_URL": url, **settings}
    begin = time.monotonic()
    done = subprocess.run(
        [str(word) for word in command], env=environment, capture_output=True, text=True
    )
    took = time.monotonic() - begin
    # That the history alone has the events is fine; a link that is not recorded is not.
    if done.returncode != 0 or "warning" in done.stderr:
        raise SystemExit(f"bb publish: {done.returncode}: {done.stderr}")
    return took


def publish_to_bb(options, folder, events, correlation, settings):
    """Events a second, to a `bb serve` of its own."""
    url_file = folder / "url"
    data = folder / "bus"
    bb_serve.start(data, url_file, options.bb, "--correlation", correlation, owner_pid=os.getpid())
    took = run_publish(options, events, url_file.read_text().strip(), settings)
    bb_serve.stop(data, url_file)
    return options.events / took


def publish_to_rabbitmq(options, folder, events, settings):
    """The same to a RabbitMQ, with one durable queue for all events."""
    server = servers.RabbitMq(folder / "rabbitmq")
    try:
        url = f"amqp://guest:guest@127.0.0.1:{server.port}/"
        connection = pika.BlockingConnection(pika.URLParameters(url))
        channel = connection.channel()
        channel.exchange_declare("bloodbank.events.v1", "topic", durable=True)
        channel.queue_declare("all", durable=True)
        channel.queue_bind("all", "bloodbank.events.v1", "#")
        connection.close()
        return options.events // RABBITMQ_SHARE / run_publish(options, events, url, settings)
    finally:
        server.stop()


def measure_publishing(options, folder):
    """Kind -> events a second."""
    events, few_events = folder / "events.jsonl", folder / "few.jsonl"
    write_events(events, options.events)
    write_events(few_events, options.events // RABBITMQ_SHARE)
    rates = {"off": [], "embedded": [], "redis": [], "rabbitmq": [], "rabbitmq, redis": []}
    for number in range(options.rounds):
        # Another order each round.
        kinds = list(rates)
        kinds = kinds[number % len(kinds) :] + kinds[: number % len(kinds)]
        for kind in kinds:
            redis = RedisServer(folder) if kind.endswith("redis") else None
            settings = redis.settings if redis else {}
            if kind.startswith("rabbitmq"):
                count = options.events // RABBITMQ_SHARE
                rate = publish_to_rabbitmq(options, folder, few_events, settings)
            else:
                count = options.events
                correlation = "on" if kind == "embedded" else "off"
                rate = publish_to_bb(options, folder, events, correlation, settings)
            if redis:
                links = int(redis.cli("DBSIZE"))
                if links < count:
                    raise SystemExit(f"{links} keys for {count} events")
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
    print("| publishing in bulk to | tracking | events/s | cost |")
    print("| --- | --- | --: | --: |")
    medians = {kind: statistics.median(values) for kind, values in rates.items()}
    costs = {}
    for kind, base in (
        ("off", "off"), ("embedded", "off"), ("redis", "off"),
        ("rabbitmq", "rabbitmq"), ("rabbitmq, redis", "rabbitmq"),
    ):
        costs[kind] = 1 - medians[kind] / medians[base]
        broker = "RabbitMQ" if base == "rabbitmq" else "bb serve"
        tracking = {"rabbitmq": "off", "rabbitmq, redis": "redis"}.get(kind, kind)
        print(f"| {broker} | {tracking} | {medians[kind]:.0f} | {costs[kind]:.1%} |")
    print(f"\nthe bar, {COST_MAX:.0%}:", end="")
    for kind in ("embedded", "redis", "rabbitmq, redis"):
        print(f" {kind}: {verdict(costs[kind] <= COST_MAX)}.", end="")
    print()


if __name__ == "__main__":
    try:
        main()
    except (service.ServiceError, servers.ServerError) as problem:
        sys.exit(f"correlation.py: {problem}")
