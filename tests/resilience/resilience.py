#!/usr/bin/env python3
"""Kills a broker and cuts connections while events are published and handled.

  resilience.py bb|rabbitmq_classic|rabbitmq_quorum --bb BB --agent AGENT
      [--events N] [--kills N] [--seed S] [--ordered]

Four publishers and four consumers of one service, made of the client library, work through a proxy
that delays, cuts and truncates what they say. Meanwhile the broker is killed (SIGKILL) and started
again, N times. One event in twenty fails at first; one in 500 always. Held against the library:

  - every event that was confirmed was handled, and exactly once, because the consumers share what
    they have handled; with --ordered, those of each publisher in their order;
  - the dead-letter queue holds exactly those that always fail;
  - nothing is left in the service's queue, nor unacknowledged.

Exit code 0: it kept its word. The last line counts.
"""

import argparse
import asyncio
import collections
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

import pika

import rabbitmq
import service

EXCHANGE = "resilience.events"
SERVICE = "svc"
QUEUE = f"{EXCHANGE}.{SERVICE}"
WORKERS = 4
POISONED_EVERY = 500
SETTLED_S = 3.0
PATIENCE_S = 600


class Bb:
    """A `bb serve` that is killed and started again on the same port."""

    def __init__(self, folder, bb):
        self.port = service.free_ports(1)[0]
        self.log = open(folder / "broker.log", "wb")
        self.command = [bb, "serve", "--no-http", "--port", str(self.port)]
        self.command += ["--data-dir", str(folder / "data")]

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=self.log, stderr=self.log)
        wait_until(lambda: rabbitmq.accepts_amqp(self.port), "the broker does not listen")

    def kill(self):
        self.process.kill()
        self.process.wait()

    stop = kill


class RabbitMq:
    """The same with RabbitMQ."""

    def __init__(self, folder):
        self.folder = folder
        ports = service.free_ports(4)
        self.port, _, _, self.epmd_port = ports
        self.environment = rabbitmq.environment(folder, ports, settings="", plugins=[])
        # The management plugin doubles the time of a start, and nobody asks it here.
        (folder / "config" / "enabled_plugins").write_text("[].\n")
        self.log = open(folder / "broker.log", "wb")
        command = ["/usr/bin/epmd", "-address", "127.0.0.1", "-port", str(self.epmd_port)]
        self.epmd = subprocess.Popen(
            command, env=self.environment, stdout=self.log, stderr=self.log
        )

    def start(self):
        self.process = subprocess.Popen(
            [rabbitmq.server_script()],
            env=self.environment,
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
        )
        wait_until(lambda: rabbitmq.accepts_amqp(self.port), "RabbitMQ does not listen", 240)

    def kill(self):
        # The script has Erlang for a child: all of its session.
        subprocess.run(["pkill", "-KILL", "-s", str(self.process.pid)], check=False)
        self.process.wait()

    def stop(self):
        self.kill()
        self.epmd.kill()
        self.epmd.wait()


def wait_until(holds, complaint, patience_s=PATIENCE_S):
    deadline = time.monotonic() + patience_s
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(complaint)
        time.sleep(0.02)


class Proxy:
    """Passes bytes on to the broker; now and then late, in part, or not at all."""

    def __init__(self, target_port, dice):
        self.target_port = target_port
        self.dice = dice
        self.writers = set()
        self.cuts = 0
        self.calm = False

    async def listen(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]

    async def serve(self, reader, writer):
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
        except OSError:
            writer.close()
            return
        pair = (writer, far_writer)
        self.writers.add(pair)
        ways = [self.carry(reader, far_writer), self.carry(far_reader, writer)]
        tasks = [asyncio.create_task(way) for way in ways]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.drop(pair)

    async def carry(self, reader, writer):
        while True:
            data = await reader.read(65536)
            if not data:
                return
            if not self.calm and self.dice.random() < 0.01:
                await asyncio.sleep(self.dice.uniform(0.001, 0.05))
            writer.write(data)
            await writer.drain()

    def drop(self, pair):
        if pair in self.writers:
            self.writers.discard(pair)
            for writer in pair:
                writer.transport.abort()

    async def cut_now_and_then(self):
        while not self.calm:
            await asyncio.sleep(self.dice.uniform(0.1, 1.0))
            if not self.writers or self.calm:
                continue
            pair = self.dice.choice(sorted(self.writers, key=id))
            # Half a frame, and the end.
            if self.dice.random() < 0.5:
                pair[self.dice.randrange(2)].write(b"\x01\x00\x01\x00\x00\x00\x20\x00\x3c")
            self.drop(pair)
            self.cuts += 1


async def kill_now_and_then(broker, kills, dice, progress):
    """Spread over the work: after each share of the events that were handled."""
    for number in range(kills):
        share = (number + dice.random()) / (kills + 1)
        deadline = time.monotonic() + PATIENCE_S
        while progress() < share and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        broker.kill()
        await asyncio.sleep(dice.uniform(0, 0.3))
        await asyncio.to_thread(broker.start)


def queue_state(port, queue):
    parameters = pika.ConnectionParameters("127.0.0.1", port)
    with pika.BlockingConnection(parameters) as connection:
        declared = connection.channel().queue_declare(queue, passive=True)
        return declared.method.message_count


def dead_letters(port):
    found = collections.Counter()
    parameters = pika.ConnectionParameters("127.0.0.1", port)
    with pika.BlockingConnection(parameters) as connection:
        channel = connection.channel()
        while True:
            method, _, body = channel.basic_get(f"{QUEUE}.dlq", auto_ack=True)
            if not method:
                return found
            found[tuple(body.decode().split()[:2])] += 1


async def run(arguments, folder):
    is_bb = arguments.broker == "bb"
    broker = Bb(folder, arguments.bb) if is_bb else RabbitMq(folder)
    processes = []
    try:
        return await run_with(broker, processes, arguments, folder)
    finally:
        for process in processes:
            if process.returncode is None:
                process.kill()
        broker.stop()


async def run_with(broker, processes, arguments, folder):
    dice = random.Random(arguments.seed)
    await asyncio.to_thread(broker.start)
    proxy = Proxy(broker.port, dice)
    await proxy.listen()
    url = f"amqp://guest:guest@127.0.0.1:{proxy.port}"
    log = folder / "handled.log"
    log.touch()
    common = ["--url", url, "--exchange", EXCHANGE]
    consumer = ["consume", *common, "--service", SERVICE, "--log", log, "--fail-percent", "5"]
    consumer += ["--deduplicate", folder / "handled.sqlite"]
    if arguments.broker == "rabbitmq_quorum":
        consumer.append("--quorum")
    if arguments.ordered:
        consumer.append("--ordered")

    async def start(*words):
        words = [str(word) for word in words]
        process = await asyncio.create_subprocess_exec(
            arguments.agent, *words, stdout=subprocess.PIPE
        )
        processes.append(process)
        return process

    consumers = [await start(*consumer, "--name", f"c{i}") for i in range(WORKERS)]
    # Events that come before the queue is bound are nobody's.
    def is_bound():
        try:
            return queue_state(broker.port, QUEUE) == 0
        except pika.exceptions.AMQPError:
            return False

    await asyncio.to_thread(wait_until, is_bound, "the consumers do not declare their queue")
    await asyncio.sleep(1)
    ended = [process.returncode for process in consumers if process.returncode is not None]
    if ended:
        print(f"consumers ended at the start, with {ended}")
        return 1
    each = arguments.events // WORKERS
    publisher = ["publish", *common, "--events", each, "--rate", arguments.rate]
    publishers = [await start(*publisher, "--name", f"p{i}") for i in range(WORKERS)]

    log_bytes = sum(WORKERS * len(f"p0 {n}\n") for n in range(each))

    def progress():
        return log.stat().st_size / log_bytes

    trouble = asyncio.create_task(proxy.cut_now_and_then())
    kills = asyncio.create_task(kill_now_and_then(broker, arguments.kills, dice, progress))
    said = [await process.communicate() for process in publishers]
    await kills
    proxy.calm = True
    await trouble

    expected = {
        (f"p{i}", str(n))
        for i in range(WORKERS)
        for n in range(each)
    }
    poisoned = {(p, n) for p, n in expected if int(n) % POISONED_EVERY == POISONED_EVERY // 2}

    def handled():
        return collections.Counter(tuple(line.split()) for line in log.read_text().splitlines())

    def is_settled():
        return (
            len(handled()) >= len(expected - poisoned)
            and queue_state(broker.port, QUEUE) == 0
            and queue_state(broker.port, f"{QUEUE}.dlq") >= len(poisoned)
        )

    problems = []
    try:
        await asyncio.to_thread(wait_until, is_settled, "not all events are settled", 120)
        await asyncio.sleep(SETTLED_S)
    except TimeoutError as problem:
        problems.append(str(problem))
    for process in consumers:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
    ends = [await process.communicate() for process in consumers]

    confirmed = sum(int(out.split()[0]) for out, _ in said if out)
    if confirmed != len(expected):
        problems.append(f"{confirmed} of {len(expected)} events were confirmed")
    counts = handled()
    lost = expected - poisoned - set(counts)
    if lost:
        problems.append(f"{len(lost)} events were not handled, as {sorted(lost)[:5]}")
    twice = {event: count for event, count in counts.items() if count > 1}
    if twice:
        problems.append(f"{len(twice)} events were handled twice, as {sorted(twice)[:5]}")
    dead = dead_letters(broker.port)
    if set(dead) != poisoned:
        problems.append(
            f"dead letters: {len(poisoned - set(dead))} are missing, "
            f"{sorted(set(dead) - poisoned)[:5]} should not be there"
        )
    # A dead letter whose place among the handled could not be noted in time may be there twice.
    twice_dead = sum(count - 1 for count in dead.values())
    if twice_dead > arguments.kills:
        problems.append(f"{twice_dead} dead letters are there more than once")
    left = queue_state(broker.port, QUEUE)
    if left:
        problems.append(f"{left} events are left in the queue")
    if arguments.ordered:
        last = {}
        for line in log.read_text().splitlines():
            name, number = line.split()
            if int(number) <= last.get(name, -1):
                problems.append(f"{line} was handled after {last[name]}")
            last[name] = int(number)
    for name, of_one_kind in (("publisher", publishers), ("consumer", consumers)):
        for process in of_one_kind:
            if process.returncode != 0:
                problems.append(f"a {name} ended with {process.returncode}")
    for problem in problems[:20]:
        print(problem)
    totals = [sum(int(out.split()[i]) for out, _ in ends if out) for i in range(4)]
    print(
        f"{arguments.broker}, {arguments.kills} kills, {proxy.cuts} cuts, seed {arguments.seed}: "
        f"{confirmed} confirmed, {totals[0]} handled, {totals[1]} attempts failed, "
        f"{sum(dead.values())} dead letters of {len(poisoned)}, {totals[3]} duplicates told, "
        f"{len(problems)} problems"
    )
    return 1 if problems else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("broker", choices=["bb", "rabbitmq_classic", "rabbitmq_quorum"])
    parser.add_argument("--bb", required=True)
    parser.add_argument("--agent", required=True)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--rate", type=int, default=1000, help="of each publisher, a second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ordered", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(run(arguments, pathlib.Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
