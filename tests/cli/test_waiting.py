"""Commands whose broker leaves them waiting."""

import json
import signal
import socket
import threading
import time

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


class SlowBroker(FakeBroker):
    """Reads a little at a time, for longer than its client waits for an answer."""

    PAUSES = 30
    PAUSE_S = 0.1

    def __init__(self, event_bytes):
        super().__init__()
        self.step_bytes = event_bytes // self.PAUSES
        self.left_bytes = event_bytes

    def read(self, peer):
        received = peer.recv(65536)
        if len(received) < 4096:  # not an event yet, or its end
            return received
        time.sleep(self.PAUSE_S)
        try:
            while len(received) < self.step_bytes:
                more = peer.recv(65536, socket.MSG_DONTWAIT)
                if not more:
                    break
                received += more
        except BlockingIOError:
            pass  # no more has come yet
        return received

    def on_body(self, channel, body_bytes):
        self.left_bytes -= body_bytes
        return spec.Basic.Ack(1) if self.left_bytes <= 0 else None


def test_publish_waits_for_a_transfer_that_goes_on(bb_alone):
    payload = json.dumps({"text": "x" * (24 << 20)})
    (bb_alone.folder / "large.json").write_text(payload)
    with SlowBroker(len(payload)) as broker:
        published = bb_alone(
            *["publish", "llm.prompt", "--payload-file", "large.json", "--timeout", "2s"],
            "--skip-validation",
            RABBIT_URL=broker.url,
        )
    assert (published.returncode, published.stderr) == (OK, "")


class StuckBroker(FakeBroker):
    """Reads no more once it is silent."""

    def __init__(self):
        super().__init__(silent_on=spec.Basic.Publish)
        self.ended = threading.Event()

    def __exit__(self, *_):
        self.ended.set()
        super().__exit__()

    def read(self, peer):
        if self.is_silent.is_set():
            self.ended.wait(PATIENCE_S)
        return peer.recv(65536)


@pytest.mark.parametrize("kind", [StuckBroker, lambda: FakeBroker(silent_on=spec.Basic.Publish)])
def test_publish_does_not_wait_for_a_transfer_that_has_ended(bb_alone, kind):
    """It stands still, or all of it was read and no confirm comes."""
    payload = json.dumps({"text": "x" * (24 << 20)})
    (bb_alone.folder / "large.json").write_text(payload)
    with kind() as broker:
        failed = bb_alone(
            *["publish", "llm.prompt", "--payload-file", "large.json", "--timeout", "500ms"],
            "--skip-validation",
            RABBIT_URL=broker.url,
        )
    assert failed.returncode == UNREACHABLE
    assert "no answer in time" in failed.stderr
