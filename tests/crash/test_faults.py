"""`bb serve` on a disk that is full, or does not sync: it refuses, it does not lie."""

import os
import pathlib

import crash_loop
import pika
import pika.exceptions
import pytest

BODY = b"x" * 100_000
REFUSED_WITHIN = 200  # messages of that size: more than the room that is reserved ahead


@pytest.fixture
def broker(tmp_path):
    broker = crash_loop.Broker(os.environ["BB_TEST_BB"], tmp_path)
    broker.fault = tmp_path / "fault"
    broker.fault.write_text("")
    broker.faulty = {
        **os.environ,
        "LD_PRELOAD": os.environ["FAULTY_DISK_LIBRARY"],
        "FAULTY_DISK": str(broker.fault),
    }
    broker.start(environment=broker.faulty)
    yield broker
    if broker.process.poll() is None:
        broker.kill()


def open_channel(broker):
    channel = pika.BlockingConnection(pika.URLParameters(broker.url)).channel()
    channel.queue_declare("d", durable=True)
    channel.confirm_delivery()
    return channel


def publish(channel, body):
    """Whether it was confirmed."""
    try:
        channel.basic_publish("", "d", body, pika.BasicProperties(delivery_mode=2))
        return True
    except pika.exceptions.NackError:
        return False


def drain(channel):
    bodies = []
    while True:
        method, _, body = channel.basic_get("d", auto_ack=True)
        if method is None:
            return bodies
        bodies.append(body)


def test_a_full_disk(broker):
    channel = open_channel(broker)
    assert publish(channel, b"before")
    broker.fault.write_text("full")
    kept = 0
    while publish(channel, BODY):
        kept += 1
        assert kept < REFUSED_WITHIN, "it went on as if there were room"
    assert not publish(channel, BODY)
    # Taking is still possible.
    method, _, body = channel.basic_get("d", auto_ack=True)
    assert body == b"before"
    broker.fault.write_text("")
    assert publish(channel, b"after")
    broker.kill()
    broker.start()
    bodies = drain(open_channel(broker))
    assert bodies[-1] == b"after"
    assert bodies.count(BODY) == kept


def test_a_sync_that_fails(broker):
    channel = open_channel(broker)
    assert publish(channel, b"before")
    broker.fault.write_text("sync")
    assert not publish(channel, b"lost or not")
    broker.fault.write_text("")
    assert not publish(channel, b"never"), "a failed sync is for ever"
    assert "nothing more can be kept" in pathlib.Path(broker.log_path).read_text()
    assert broker.stop() != 0
    broker.start()
    channel = open_channel(broker)
    assert publish(channel, b"after")
    bodies = drain(channel)
    assert bodies[0] == b"before" and bodies[-1] == b"after"
    assert b"never" not in bodies
