"""`bb dlq` killed, interrupted, and with many letters."""

import json
import pathlib
import random
import signal
import time

import pika

from bb_pytest import PATIENCE_S
from dead_letters import OK, dlq, kind, letters


def add_many(letters, count, padding=""):
    channel = letters.channel.connection.channel()  # without confirms, for speed
    properties = pika.BasicProperties(delivery_mode=2, headers={"bb-queue": letters.queue})
    for number in range(count):
        body = json.dumps({"n": number, "padding": padding}).encode()
        channel.basic_publish("", letters.dlq, body, properties)
    deadline = time.monotonic() + PATIENCE_S
    while letters.count(letters.dlq) < count and time.monotonic() < deadline:
        time.sleep(0.05)
    channel.close()


def settled(letters, least):
    """Numbers in the queue and in the dead letters, once the broker has put all back."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if letters.count(letters.queue) + letters.count(letters.dlq) >= least:
            break
        time.sleep(0.05)
    return [
        [json.loads(body)["n"] for _, body in letters.take(name)]
        for name in (letters.queue, letters.dlq)
    ]


def test_nothing_is_lost_when_it_is_killed(dlq, bb, letters):
    count = 2000
    add_many(letters, count)
    seed = random.randrange(1 << 32)
    random.seed(seed)
    for _ in range(6):
        process = bb.start("dlq", "retry", "--all", "--service", "svc")
        time.sleep(random.uniform(0.01, 0.3))
        process.kill()
        process.wait()
    assert dlq("retry", "--all").returncode == OK, seed
    moved, waiting = settled(letters, count)
    assert set(moved) | set(waiting) == set(range(count)), f"lost, seed {seed}"


def test_many_go_back_once_each_and_in_order(dlq, letters):
    count = 2000
    add_many(letters, count)
    assert dlq("retry", "--all").returncode == OK
    assert letters.count(letters.dlq) == 0, "at once, not after a while"
    moved, waiting = settled(letters, count)
    assert moved == list(range(count)) and waiting == []


def test_ctrl_c_ends_in_order(bb, letters):
    count = 3000
    add_many(letters, count)
    process = bb.start("dlq", "retry", "--all", "--service", "svc")
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode in (OK, 130), err
    moved, waiting = settled(letters, count)
    assert sorted(moved + waiting) == list(range(count)), "none lost, none twice"
    assert waiting == sorted(waiting), "in order"


def test_ctrl_c_while_looking_leaves_all_in_order(bb, letters):
    count = 2000
    add_many(letters, count, "x" * 2000)
    process = bb.start("dlq", "list", "--limit", "100000", "-o", "ndjson", "--service", "svc")
    process.stdout.readline()  # and no more: it waits for its reader
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    moved, waiting = settled(letters, count)
    assert moved == [] and waiting == list(range(count))


def test_many_letters_take_little_memory(bb, letters):
    add_many(letters, 10_000, "x" * 4000)  # 40 MB of them
    listing = bb.start("dlq", "list", "--limit", "100000", "-o", "ndjson", "--service", "svc")
    lines = 0
    peak = 0
    status = pathlib.Path(f"/proc/{listing.pid}/status")
    for _ in listing.stdout:
        lines += 1
        if lines % 2000 == 1:
            text = status.read_text()
            peak = int(text.partition("VmHWM:")[2].split()[0]) if "VmHWM:" in text else peak
    assert listing.wait(PATIENCE_S) == OK, listing.stderr.read()
    assert lines == 10_000
    assert peak < 70_000, "kilobytes"
    assert letters.count(letters.dlq) == 10_000
