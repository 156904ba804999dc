"""Dead letters as a service leaves them, for the tests of `bb dlq`."""

import json
import random

import pika
import pytest

EVENT = "test.letter.died"
OK, FAILURE, USAGE, PARTIAL, REFUSED, INVALID, NO_ROUTE, UNREACHABLE = 0, 1, 2, 3, 4, 5, 6, 7


@pytest.fixture(params=["classic", "quorum"])
def kind(request):
    return request.param


class Letters:
    """A service's queues, and dead letters as its subscriber leaves them."""

    def __init__(self, bb, channel, kind):
        self.bb = bb
        self.channel = channel
        self.queue = f"{bb.exchange}.svc"
        self.dlq = f"{self.queue}.dlq"
        arguments = {"x-queue-type": kind}
        channel.exchange_declare(bb.exchange, "topic", durable=True)
        for name in (self.queue, self.dlq):
            channel.queue_declare(name, durable=True, arguments=arguments)

    def add(self, number, body=None, **headers):
        """A letter; its event's id."""
        event_id = f"{random.getrandbits(32):08x}-0000-4000-8000-{number:012x}"
        envelope = {
            "event_id": event_id,
            "event_type": EVENT,
            "timestamp": "2026-01-27T10:00:00Z",
            "version": "1.0.0",
            "source": {"host": "desk", "type": "manual", "app": None, "meta": None},
            "correlation_ids": [],
            "agent_context": None,
            "payload": {"n": number},
        }
        properties = pika.BasicProperties(
            content_type="application/json",
            delivery_mode=2,
            message_id=event_id if body is None else None,
            headers={
                "bb-queue": self.queue,
                "bb-exchange": self.bb.exchange,
                "bb-routing-key": EVENT,
                "bb-attempts": 5,
                "bb-error": f"so bad {number}",
                "bb-consumer": "svc@desk:1",
                "bb-first-failed-at": "2026-01-27T10:00:00Z",
                "bb-failed-at": "2026-01-27T10:05:00Z",
                "bb-reason": "attempts" if body is None else "unreadable",
                **headers,
            },
        )
        text = json.dumps(envelope).encode() if body is None else body
        self.channel.basic_publish("", self.dlq, text, properties, mandatory=True)
        return event_id

    def count(self, queue):
        """RabbitMQ says 0 of a quorum queue that has not told it in 250 ms."""
        for _ in range(3):
            count = self.channel.queue_declare(queue, passive=True).method.message_count
            if count:
                break
        return count

    def take(self, queue):
        """All that is in it, in order: (properties, body)."""
        taken = []
        while True:
            method, properties, body = self.channel.basic_get(queue, auto_ack=True)
            if method is None:
                return taken
            taken.append((properties, body))

    def numbers(self, queue):
        return [json.loads(body)["payload"]["n"] for _, body in self.take(queue)]


@pytest.fixture
def letters(bb, channel, kind, http_url):
    bb.environment["BB_HTTP_URL"] = http_url
    made = Letters(bb, channel, kind)
    yield made
    for name in (made.queue, made.dlq):
        channel.queue_delete(name)
    channel.exchange_delete(bb.exchange)


@pytest.fixture
def alone(bb, own_vhost, http_url):
    """A channel to a virtual host of its own, where `bb` looks as well: for what looks at all dead
    letters, which disturbs whoever waits for one of them."""
    bb.environment.update(RABBIT_URL=own_vhost, BB_HTTP_URL=http_url)
    with pika.BlockingConnection(pika.URLParameters(own_vhost)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        yield channel


@pytest.fixture
def dlq(bb):
    """dlq("list", ...) of the service."""
    return lambda name, *arguments, **more: bb("dlq", name, *arguments, "--service", "svc", **more)


def one_line(process, exit_code, *said):
    assert process.returncode == exit_code, process.stdout + process.stderr
    assert process.stdout == ""
    assert len(process.stderr.splitlines()) == 1, process.stderr
    for words in said:
        assert words in process.stderr, process.stderr
    return process.stderr


def records(process):
    assert process.returncode == OK, process.stderr
    return [json.loads(line) for line in process.stdout.splitlines()]
