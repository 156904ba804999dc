"""The spool: events that `bb publish --jsonl` found no broker for, or lost it over."""

import itertools
import json
import subprocess
import time

import pika
import pytest
from pika import spec

from away import away
from bb_pytest import PATIENCE_S
from fake_broker import FakeBroker

EVENT = "test.spool.kept"
EXCHANGE = "bloodbank.events.v1"
BULK = ("publish", EVENT, "--skip-validation", "--jsonl", "-")


def lines(numbers):
    return "".join(json.dumps({"n": number}) + "\n" for number in numbers).encode()


def entries(bb):
    return json.loads(bb("spool", "status", "-o", "json").stdout)["entries"]


def ids_in(bb):
    listed = bb("spool", "list", "-o", "ndjson", "--limit", "5000").stdout.splitlines()
    return [json.loads(line)["event_id"] for line in listed]


def received(channel, queue):
    numbers = []
    while True:
        method, _, body = channel.basic_get(queue, auto_ack=True)
        if not method:
            return numbers
        numbers.append(json.loads(body)["payload"]["n"])


def test_what_no_broker_takes_is_kept_in_order(away):
    kept = away(*BULK, "--print-ids", stdin=lines(range(3000)))
    assert kept.returncode == 7
    error, counts = kept.stderr.splitlines()
    assert "refused" in error and "the spool" in error, kept.stderr
    assert "published 0, spooled 3000, failed 0" in counts
    assert ids_in(away) == kept.stdout.split() and entries(away) == 3000


def test_always_asks_no_broker(away):
    kept = away(*BULK, "--spool", "always", "-o", "ndjson", stdin=lines(range(3)))
    assert kept.returncode == 0 and "published 0, spooled 3, failed 0" in kept.stderr
    assert [json.loads(line)["status"] for line in kept.stdout.splitlines()] == ["spooled"] * 3
    assert entries(away) == 3


def test_never_keeps_nothing(away):
    failed = away(*BULK, "--spool", "never", stdin=lines(range(3)))
    assert failed.returncode == 7 and "spool" not in failed.stderr
    assert entries(away) == 0


def test_a_bad_line_ends_it_in_the_spool_as_well(away):
    mixed = lines([1, 2]) + b"[]\n" + lines([3])
    stopped = away(*BULK, stdin=mixed)
    assert stopped.returncode == 3 and "spooled 2, failed 1" in stopped.stderr
    skipped = away(*BULK, "--on-error", "skip", stdin=mixed)
    assert skipped.returncode == 3 and "spooled 3, failed 1" in skipped.stderr
    assert entries(away) == 5


def test_what_a_broker_does_not_confirm_is_kept(away):
    with FakeBroker(silent_on=spec.Basic.Publish) as broker:
        kept = away(*BULK, "--timeout", "500ms", stdin=lines(range(10)), RABBIT_URL=broker.url)
        assert kept.returncode == 7, kept.stderr
        assert "0 events are confirmed; the others go to the spool" in kept.stderr
        assert "published 0, spooled 10, failed 0" in kept.stderr
        status = away("spool", "status", "-o", "json", RABBIT_URL=broker.url)
        assert json.loads(status.stdout)["entries"] == 10


def test_what_a_broker_does_not_confirm_is_kept_while_no_line_comes(away):
    with FakeBroker(silent_on=spec.Basic.Publish) as broker:
        options = ["-o", "ndjson", "--timeout", "500ms"]
        process = away.start(*BULK, *options, stdin=subprocess.PIPE, RABBIT_URL=broker.url)
        process.stdin.write(lines([1]).decode())
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["status"] == "spooled"
        _, said = process.communicate(timeout=PATIENCE_S)  # closes its standard input
    assert process.returncode == 7 and "published 0, spooled 1, failed 0" in said, said


def test_a_broker_that_is_killed_midway_loses_nothing(away):
    first = away.serve()
    url = pika.URLParameters(away.environment["RABBIT_URL"])
    with pika.BlockingConnection(url) as connection:
        channel = connection.channel()
        channel.exchange_declare(EXCHANGE, "topic", durable=True)
        channel.queue_declare("all", durable=True)
        channel.queue_bind("all", EXCHANGE, "#")
    process = away.start(*BULK, "-o", "ndjson", stdin=subprocess.PIPE)

    def publish(number):
        process.stdin.write(lines([number]).decode())
        process.stdin.flush()
        return json.loads(process.stdout.readline())["status"]

    assert [publish(number) for number in range(3)] == ["published"] * 3
    first.kill()
    first.wait(PATIENCE_S)
    assert [publish(number) for number in range(3, 6)] == ["spooled"] * 3
    away.serve()
    deadline = time.monotonic() + PATIENCE_S
    numbers = itertools.count(6)
    while publish(next(numbers)) == "spooled":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    _, said = process.communicate(timeout=PATIENCE_S)  # closes its standard input
    assert process.returncode == 0, said
    assert "published 4, spooled" in said and "failed 0" in said
    # What waited has gone first, by its doing or that of the broker itself.
    with pika.BlockingConnection(url) as connection:
        assert received(connection.channel(), "all") == list(range(next(numbers)))
    assert entries(away) == 0


def test_what_waits_goes_out_while_no_line_comes(away):
    process = away.start(*BULK, "-o", "ndjson", stdin=subprocess.PIPE)
    process.stdin.write(lines(range(5)).decode())
    process.stdin.flush()
    for _ in range(5):
        assert json.loads(process.stdout.readline())["status"] == "spooled"
    away.serve()
    deadline = time.monotonic() + PATIENCE_S
    while entries(away):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    _, said = process.communicate(timeout=PATIENCE_S)  # closes its standard input
    assert process.returncode == 0 and "published 0, spooled 5, failed 0" in said, said


def test_a_spool_that_cannot_be_is_told(away):
    (away.folder / "file").touch()
    for more in (BULK, BULK[:-2] + ("--json", '{"n":1}')):
        failed = away(*more, "--data-dir", away.folder / "file/data", stdin=lines([1]))
        assert failed.returncode == 1, failed.stderr
        assert "refused" in failed.stderr and "not in the spool either" in failed.stderr


def test_what_waits_goes_first(bb, channel, everything):
    kept = bb(*BULK, "--spool", "always", stdin=lines(range(2000)))
    assert kept.returncode == 0, kept.stderr
    done = bb(*BULK, stdin=lines(range(2000, 2100)))
    assert done.returncode == 0 and "2000 events of the spool are published" in done.stderr
    assert received(channel, everything) == list(range(2100))
    assert entries(bb) == 0
