"""The client library beside others, against RabbitMQ and `bb serve`: see bench/README.md."""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import pika

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE / "broker"))

import servers  # noqa: E402

EXCHANGE = QUEUE = "bench"
BODY_BYTES = 600
WINDOW = 1000
TIMEOUT_S = 300


class Clients:
    def __init__(self, bench):
        self.bench = bench
        self.node = shutil.which("node") or sys.exit("node is not installed")

    def run(self, command):
        done = subprocess.run(
            [str(word) for word in command], capture_output=True, text=True, timeout=TIMEOUT_S
        )
        if done.returncode != 0:
            sys.exit(f"{' '.join(map(str, command))}: {done.stderr}")
        return json.loads(done.stdout)

    def ours(self, mode, url, *options):
        urls = [url] if isinstance(url, str) else url
        words = [word for each in urls for word in ("--url", each)]
        return self.run([self.bench, mode, *words, "--bytes", BODY_BYTES, *options])

    def aio_pika(self, url, count):
        script = HERE / "client/aio_pika_awaited.py"
        return self.run([sys.executable, script, url, EXCHANGE, count, BODY_BYTES])

    def amqplib(self, url, count):
        script = HERE / "client/amqplib_window.js"
        return self.run([self.node, script, url, EXCHANGE, count, BODY_BYTES, WINDOW])


def url_of(server):
    return f"amqp://guest:guest@127.0.0.1:{server.port}/%2f"


def prepare(server):
    """An empty durable queue that gets everything."""
    with pika.BlockingConnection(pika.URLParameters(url_of(server))) as connection:
        channel = connection.channel()
        channel.exchange_declare(EXCHANGE, "topic", durable=True)
        channel.queue_delete(QUEUE)
        channel.queue_declare(QUEUE, durable=True)
        channel.queue_bind(QUEUE, EXCHANGE, "#")


def rate(figures):
    return figures["count"] / figures["wall_s"]


def per_core(figures):
    return figures["count"] / figures["cpu_s"]


def publishers(clients, server, rounds):
    """Name -> publishes a second, each round all of them, one after the other."""
    url = url_of(server)
    peers = {
        "ours": lambda: clients.ours("publish", url, "--count", 80_000, "--window", WINDOW),
        "rabbitmq-c": lambda: clients.ours("rabbitmq-c", url, "--count", 80_000, "--window", WINDOW),
        "amqplib": lambda: clients.amqplib(url, 60_000),
        "aio-pika, awaited": lambda: clients.aio_pika(url, 2_000),
    }
    rates = {name: [] for name in peers}
    for _ in range(rounds):
        for name, measure in peers.items():
            prepare(server)
            rates[name].append(rate(measure()))
    return {name: statistics.median(values) for name, values in rates.items()}


def alone(clients, server, rounds):
    """What the client takes of a processor with `bb serve`, which takes the other one."""
    url = url_of(server)
    count = 400_000
    found = {"publish": [], "receive": [], "handle": []}
    for _ in range(rounds):
        prepare(server)
        found["publish"].append(clients.ours("publish", url, "--count", count, "--window", 4096))
        found["receive"].append(clients.ours("receive", url, "--count", count, "--window", 2000))
        prepare(server)
        clients.ours("publish", url, "--count", count, "--window", 4096)
        found["handle"].append(
            clients.ours("handle", url, "--count", count, "--window", 500, "--exchange", EXCHANGE)
        )
    return {
        name: (
            statistics.median(per_core(each) for each in runs),
            statistics.median(rate(each) for each in runs),
        )
        for name, runs in found.items()
    }


def reconnects(clients, server, rounds):
    """Seconds from the time that a broker that was killed answers again to the next confirm."""
    command = [clients.bench, "reconnect", "--url", url_of(server)]
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True)
    took = []
    try:
        for _ in range(rounds):
            while not process.stdout.readline().startswith("confirmed"):
                pass
            server.kill_and_start()
            ready_ms = time.clock_gettime(time.CLOCK_MONOTONIC) * 1000
            lost = False
            while True:
                kind, at_ms = process.stdout.readline().split()
                lost = lost or kind == "lost"
                if lost and kind == "confirmed":
                    took.append((float(at_ms) - ready_ms) / 1000)
                    break
    finally:
        process.kill()
        process.wait()
    return took


def table(title, rows):
    print(f"\n| {title} |")
    print("| " + " | ".join("---" if i == 0 else "--:" for i in range(len(rows[0]))) + " |")
    for row in rows:
        print("| " + " | ".join(row) + " |")


def main():
    parser = argparse.ArgumentParser(prog="./bench/run.sh client", description=__doc__)
    parser.add_argument("--bb", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--client", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("parts", nargs="*", metavar="PART", default=[])
    arguments = parser.parse_args()
    known = ["publishers", "alone", "latency", "stall", "reconnect"]
    parts = arguments.parts or known
    if unknown := set(parts) - set(known):
        sys.exit(f"no part {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    servers.BbServe.program = os.path.abspath(arguments.bb)
    clients = Clients(os.path.abspath(arguments.client))
    rounds = arguments.rounds
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        if "publishers" in parts:
            server = servers.RabbitMq(folder / "rabbitmq")
            try:
                prepare(server)
                clients.ours("publish", url_of(server), "--count", 20_000)  # warm
                rates = publishers(clients, server, rounds)
            finally:
                server.stop()
            table(
                "publisher, RabbitMQ, window 1000 | confirmed/s | ours over it | bar",
                [
                    (name, f"{value:,.0f}", f"{rates['ours'] / value:.2f}", bar)
                    for (name, value), bar in zip(rates.items(), ["", "1.0", "1.3", "20"])
                ],
            )
        server = servers.BbServe(folder / "bb")
        try:
            prepare(server)
            url = url_of(server)
            if "alone" in parts:
                rows = alone(clients, server, rounds)
                table(
                    "client with bb serve | a second, per core of the client | a second | bar, per core",
                    [
                        (name, f"{core:,.0f}", f"{wall:,.0f}", "" if name == "handle" else "500,000")
                        for name, (core, wall) in rows.items()
                    ],
                )
            if "latency" in parts:
                dead = f"amqp://guest:guest@127.0.0.1:{servers.service.free_ports(1)[0]}/"
                found = {"one URL": [], "and a dead one": []}
                for _ in range(rounds):
                    for name, urls in (("one URL", [url]), ("and a dead one", [url, dead])):
                        prepare(server)
                        found[name].append(clients.ours("latency", urls, "--count", 3000))
                table(
                    "one at a time, confirmed | p50 us | p99 us",
                    [
                        (name, *(f"{statistics.median(run[key] for run in runs):,.0f}" for key in ("p50_us", "p99_us")))
                        for name, runs in found.items()
                    ],
                )  # fmt: skip
            if "stall" in parts:
                prepare(server)
                pid = server.process.pid
                held = clients.ours("stall", url, "--stalled-pid", pid)
                print(
                    f"\nBefore a broker that stands still: {held['taken']:,} messages are taken, the bound is "
                    f"{held['bound_mib']} MiB, memory rises from {held['before_mib']} to {held['after_mib']} MiB."
                )
            if "reconnect" in parts:
                prepare(server)
                took = reconnects(clients, server, max(rounds, 10))
                print(
                    f"\nBroker killed and started: the next confirm is there {statistics.median(took) * 1000:.0f} ms "
                    f"(median), at most {max(took) * 1000:.0f} ms after it answers (bar 1000 ms), of {len(took)}."
                )
        finally:
            server.stop()


main()
