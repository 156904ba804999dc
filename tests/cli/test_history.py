"""`bb subscribe` on what was: --since, --last, --from, --until of the history of an exchange."""

import datetime
import json
import uuid

import pytest

from bb_pytest import PATIENCE_S

EVENT = "test.history.kept"
OTHER = "test.other.kept"


@pytest.fixture
def history(bb, channel):
    """history(count, type) publishes events numbered from 0; the exchange has a history."""
    queue = f"{bb.exchange}.history"
    channel.exchange_declare(bb.exchange, "topic", durable=True)
    channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "stream"})
    channel.queue_bind(queue, bb.exchange, "#")
    published = 0

    def publish(count, event_type=EVENT, time=None):
        nonlocal published
        lines = []
        for _ in range(count):
            event = {
                "event_id": str(uuid.uuid4()),
                "event_type": event_type,
                "timestamp": time or datetime.datetime.utcnow().isoformat() + "Z",
                "version": "1.0.0",
                "source": {"host": "test", "type": "manual"},
                "payload": {"n": published},
            }
            lines.append(json.dumps(event))
            published += 1
        lines = "\n".join(lines).encode()
        done = bb("publish", "--jsonl", "-", "--envelopes", "--skip-validation", stdin=lines)
        assert done.returncode == 0, done.stderr

    yield publish
    bb.stop_all()
    channel.queue_delete(queue)
    channel.exchange_delete(bb.exchange)


def numbers(done, code=0):
    assert done.returncode == code, done.stderr
    return [json.loads(line)["payload"]["n"] for line in done.stdout.splitlines()]


def read(bb, *arguments):
    return bb("subscribe", *arguments, "-o", "ndjson", "--timeout", f"{PATIENCE_S}s")


def test_from_first_until_now_is_all_of_it_in_order(bb, history):
    history(2500)
    done = read(bb, "#", "--from", "first", "--until", "now")
    assert numbers(done) == list(range(2500))
    assert "up to offset 2499: to go on, --from 2500" in done.stderr


def test_from_an_offset_until_an_offset(bb, history):
    history(300)
    assert numbers(read(bb, "#", "--from", "120", "--until", "130")) == list(range(120, 130))
    assert numbers(read(bb, "#", "--from", "130", "--until", "130")) == []
    assert numbers(read(bb, "#", "--from", "300", "--until", "now")) == []


def test_patterns_choose_from_the_history(bb, history):
    history(3)
    history(2, OTHER)
    history(1)
    assert numbers(read(bb, "test.other.*", "--from", "first", "--until", "now")) == [3, 4]
    ignoring = read(bb, "#", "--ignore", "test.other.#", "--from", "first", "--until", "now")
    assert numbers(ignoring) == [0, 1, 2, 5]


def test_last_counts_the_events_that_are_chosen(bb, history):
    history(5, OTHER)
    history(3000)
    assert numbers(read(bb, "#", "--last", "3", "--until", "now")) == [3002, 3003, 3004]
    assert numbers(read(bb, OTHER, "--last", "2", "--until", "now")) == [3, 4]
    chosen = read(bb, "#", "--where", "payload.n < 100", "--last", "1", "--until", "now")
    assert numbers(chosen) == [99]
    assert numbers(read(bb, OTHER, "--last", "100", "--until", "now")) == list(range(5))


def test_times_are_those_of_the_events(bb, history):
    history(2, time="2026-01-01T09:00:00Z")
    history(2, time="2026-01-01T10:00:00Z")
    history(2, time="2026-01-01T11:00:00Z")
    hour = ("--from", "2026-01-01T09:30:00Z", "--until", "2026-01-01T10:30:00Z")
    assert numbers(read(bb, "#", *hour)) == [2, 3]
    assert numbers(read(bb, "#", "--since", "2026-01-01T10:00:00Z", "--until", "now")) == [2, 3, 4, 5]
    assert numbers(read(bb, "#", "--since", "1h", "--until", "now")) == []


def test_since_a_while_ago(bb, history):
    history(3)
    assert numbers(read(bb, "#", "--since", "1h", "--until", "now")) == [0, 1, 2]


def test_without_until_it_goes_on_with_what_comes(bb, history):
    history(3)
    process = bb.subscribe("#", "--last", "1", "--count", "3", "-o", "ndjson")
    assert json.loads(process.stdout.readline())["payload"]["n"] == 2
    history(2)
    output, _ = process.communicate(timeout=PATIENCE_S)
    assert [json.loads(line)["payload"]["n"] for line in output.splitlines()] == [3, 4]
    assert process.returncode == 0


def test_an_empty_history_ends_at_once(bb, history):
    for start in (("--from", "first"), ("--last", "3"), ("--since", "1h"), ("--from", "7")):
        assert numbers(read(bb, "#", *start, "--until", "now")) == []
    done = read(bb, "#", "--from", "first", "--until", "now", "--count", "1")
    assert numbers(done, code=3) == []
    assert "received 0 of 1" in done.stderr


def test_a_broker_without_a_history_says_what_to_do(bb, channel):
    done = read(bb, "#", "--since", "1h")
    channel.exchange_delete(bb.exchange)
    assert done.returncode == 1
    assert f"bb queues declare {bb.exchange}.history --argument x-queue-type=stream" in done.stderr
    assert f"bb bindings declare {bb.exchange} {bb.exchange}.history" in done.stderr


@pytest.mark.parametrize(
    "arguments, hint",
    [
        (("--since", "yesterday"), "2026-01-27T10:15:30Z"),
        (("--since", "12"), "--from an offset"),
        (("--since", "1h", "--last", "3"), "give one"),
        (("--until", "now"), "--since, --last or --from"),
        (("--last", "0"), "1"),
        (("--since", "1h", "--service", "s"), "--until now"),
        (("--since", "1h", "--queue", "q"), "--until now"),
    ],
)
def test_what_does_not_go_together_is_named(bb_alone, arguments, hint):
    done = bb_alone("subscribe", "#", *arguments)
    assert done.returncode == 2, done.stderr
    assert hint in done.stderr
