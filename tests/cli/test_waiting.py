"""Commands whose broker leaves them waiting."""

import signal

import pytest
from pika import spec

from bb_pytest import PATIENCE_S
from fake_broker import HEADER, FakeBroker

OK, UNREACHABLE, INTERRUPTED = 0, 7, 130

# Where a broker can leave a subscriber waiting.
SUBSCRIBING = {
    "handshake": HEADER,
    "tune": spec.Connection.StartOk,
    "open": spec.Connection.Open,
    "channel": spec.Channel.Open,
    "queue": spec.Queue.Declare,
    "consume": spec.Basic.Consume,
}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("step", SUBSCRIBING)
def test_subscribe_is_interrupted_before_it_is_subscribed(bb_alone, step, how):
    with FakeBroker(silent_on=SUBSCRIBING[step]) as broker:
        subscriber = bb_alone.start("subscribe", "#", RABBIT_URL=broker.url)
        broker.wait_silent()
        subscriber.send_signal(how)
        output, complaint = subscriber.communicate(timeout=PATIENCE_S)
    assert (subscriber.returncode, output, complaint) == (INTERRUPTED, "", "")


@pytest.mark.parametrize("step", SUBSCRIBING)
def test_the_timeout_of_subscribe_counts_before_it_is_subscribed(bb_alone, step):
    with FakeBroker(silent_on=SUBSCRIBING[step]) as broker:
        ended = bb_alone("subscribe", "#", "--timeout", "500ms", RABBIT_URL=broker.url)
    assert (ended.returncode, ended.stdout) == (UNREACHABLE, "")
    assert len(ended.stderr.splitlines()) == 1, ended.stderr
    assert "no answer in time; it is not subscribed" in ended.stderr
