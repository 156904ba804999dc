#!/usr/bin/env python3
"""Kills a `bb serve` under load, again and again, and holds it to what it promised.

  crash_loop.py BB [--rounds N] [--seed S] [--folder DIR]

In each round publishers with confirms and consumers with acknowledgements are at work when
the broker is killed (SIGKILL) at a random moment and started again over the same data. In the
end the queues are drained. Held against it:

  - what was confirmed was received, by each of the queues;
  - nothing was received that was not published;
  - within one consumer's life, the events of each publisher come in the order that they were
    published in.

Exit code 0: it kept its word. The last line counts.
"""

import argparse
import asyncio
import collections
import logging
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

import aiormq

EXCHANGE = "crash.events"
QUEUES = ("crash.all", "crash.too")
PUBLISHERS = 3
WINDOW = 100
PREFETCH = 200
ACKNOWLEDGE_EVERY = 20
START_TIMEOUT_S = 30
DRAIN_QUIET_S = 2.0


class Broken(Exception):
    pass


class Broker:
    def __init__(self, bb, folder):
        self.command = [bb, "serve", "--host", "127.0.0.1", "--no-http", "--data-dir", str(folder / "data")]
        self.log_path = folder / "log"
        self.port = 0
        self.process = None

    def start(self, *, environment=None):
        with open(self.log_path, "ab") as log:
            begin = log.tell()
            self.process = subprocess.Popen(
                [*self.command, "--port", str(self.port)],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            said = self.log_path.read_bytes()[begin:].decode(errors="replace")
            if "listening on amqp://" in said and "\n" in said:
                address = said.split("listening on amqp://", 1)[1].split("\n", 1)[0]
                self.port = int(address.rsplit(":", 1)[1])
                return
            if self.process.poll() is not None:
                raise Broken(f"the broker did not start: {said}")
            time.sleep(0.005)
        raise Broken("the broker took too long to start")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait()

    @property
    def url(self):
        return f"amqp://guest:guest@127.0.0.1:{self.port}/"


class Story:
    """What was published, confirmed and received."""

    def __init__(self):
        self.next_number = collections.Counter()  # by publisher
        self.published = set()
        self.confirmed = set()
        self.refused = 0
        self.received = {queue: collections.Counter() for queue in QUEUES}
        self.problems = []

    def event(self, publisher):
        number = self.next_number[publisher]
        self.next_number[publisher] += 1
        self.published.add((publisher, number))
        return publisher, number

    def check_complete(self):
        for queue, received in self.received.items():
            lost = self.confirmed - set(received)
            if lost:
                self.problems.append(
                    f"{queue}: {len(lost)} confirmed events lost, the first {min(lost)}"
                )
            alien = set(received) - self.published
            if alien:
                self.problems.append(f"{queue}: {len(alien)} events from nowhere: {min(alien)}")


LOST = (aiormq.AMQPError, ConnectionError, OSError, asyncio.TimeoutError)


async def set_up(broker):
    connection = await aiormq.connect(broker.url)
    channel = await connection.channel()
    await channel.exchange_declare(EXCHANGE, exchange_type="topic", durable=True)
    for queue in QUEUES:
        await channel.queue_declare(queue, durable=True)
        await channel.queue_bind(queue, EXCHANGE, "#")
    await connection.close()


async def publish_one(channel, story, publisher, room):
    event = story.event(publisher)
    body = f"{event[0]}:{event[1]}:".encode().ljust(600, b".")
    properties = aiormq.spec.Basic.Properties(delivery_mode=2)
    try:
        answer = await channel.basic_publish(
            body, exchange=EXCHANGE, routing_key=f"p.{publisher}", properties=properties
        )
        if isinstance(answer, aiormq.spec.Basic.Ack):
            story.confirmed.add(event)
        else:
            story.refused += 1
    except aiormq.exceptions.DeliveryError:
        story.refused += 1
    except LOST:
        pass
    finally:
        room.release()


async def publish(broker, story, publisher, until):
    """Publishes until the connection breaks, or the event `until` is set."""
    try:
        connection = await aiormq.connect(broker.url)
        channel = await connection.channel(publisher_confirms=True)
    except LOST:
        return
    room = asyncio.Semaphore(WINDOW)
    running = set()
    while not until.is_set() and not connection.is_closed and not channel.is_closed:
        await room.acquire()
        task = asyncio.create_task(publish_one(channel, story, publisher, room))
        running.add(task)
        task.add_done_callback(running.discard)
        await asyncio.sleep(0)
    # The broker is gone: what it has not answered by now it does not answer.
    for task in running:
        task.cancel()
    if running:
        await asyncio.wait(running)
    try:
        await connection.close()
    except LOST:
        pass


async def consume(broker, story, queue, until):
    last = {}  # publisher -> number, within this life
    heard = asyncio.Event()
    unacknowledged = 0

    async def take(message):
        nonlocal unacknowledged
        publisher, number, _ = message.body.decode().split(":", 2)
        event = int(publisher), int(number)
        story.received[queue][event] += 1
        if last.get(event[0], -1) >= event[1]:
            story.problems.append(f"{queue}: {event} came after {last[event[0]]}")
        last[event[0]] = event[1]
        heard.set()
        unacknowledged += 1
        if unacknowledged >= ACKNOWLEDGE_EVERY:
            unacknowledged = 0
            await message.channel.basic_ack(message.delivery.delivery_tag, multiple=True)

    try:
        connection = await aiormq.connect(broker.url)
        channel = await connection.channel()
        await channel.basic_qos(prefetch_count=PREFETCH)
        await channel.basic_consume(queue, take)
        while not connection.is_closed:
            heard.clear()
            try:
                await asyncio.wait_for(heard.wait(), DRAIN_QUIET_S)
            except asyncio.TimeoutError:
                if until.is_set():
                    break
        await connection.close()
    except LOST:
        pass


async def play_round(broker, story, seconds):
    """Load until the broker is killed after `seconds`; None: until all is drained."""
    until = asyncio.Event()
    tasks = [asyncio.create_task(consume(broker, story, queue, until)) for queue in QUEUES]
    if seconds is None:
        until.set()
    else:
        tasks += [
            asyncio.create_task(publish(broker, story, publisher, until))
            for publisher in range(PUBLISHERS)
        ]
        await asyncio.sleep(seconds)
        broker.kill()
        until.set()
    await asyncio.wait(tasks)
    for task in tasks:
        task.result()


async def run(arguments, folder):
    random.seed(arguments.seed)
    # The library tells of every future that a broken connection leaves behind.
    for name in ("asyncio", "aiormq"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    broker = Broker(arguments.bb, folder)
    story = Story()
    broker.start()
    await set_up(broker)
    try:
        for _ in range(arguments.rounds):
            await play_round(broker, story, random.uniform(0.05, 1.0))
            broker.start()
        await play_round(broker, story, None)
        code = broker.stop()
        if code != 0:
            story.problems.append(f"it exited with {code}")
    finally:
        if broker.process.poll() is None:
            broker.kill()
    story.check_complete()
    for problem in story.problems[:20]:
        print(problem)
    again = sum(
        count - 1 for received in story.received.values() for count in received.values()
    )
    print(
        f"{arguments.rounds} kills, seed {arguments.seed}: {len(story.published)} published, "
        f"{len(story.confirmed)} confirmed, {story.refused} refused, "
        f"{again} received again, {len(story.problems)} problems"
    )
    if not story.confirmed:
        print("nothing was confirmed: this proves nothing")
        return 1
    return 1 if story.problems else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bb")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=pathlib.Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        try:
            return asyncio.run(run(arguments, pathlib.Path(folder)))
        except Broken as problem:
            print(problem)
            return 1


if __name__ == "__main__":
    sys.exit(main())
