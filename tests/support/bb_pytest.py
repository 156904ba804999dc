"""The pytest plugin of the tests: the broker that a run is about, names that no
other test uses, and the program."""

import collections
import os
import pathlib
import subprocess
import time
import uuid

import pika
import pytest

Broker = collections.namedtuple("Broker", "name url host port")

# Far above what anything here takes: it ends a test that hangs, and measures nothing.
PATIENCE_S = 60


@pytest.fixture(scope="session")
def broker():
    """`bb` or `rabbitmq`, as CTest says."""
    url = pathlib.Path(os.environ["BB_TEST_BROKER_URL_FILE"]).read_text().strip()
    parameters = pika.URLParameters(url)
    return Broker(os.environ["BB_TEST_BROKER"], url, parameters.host, parameters.port)


@pytest.fixture
def unique():
    """unique("queue") is a name that belongs to this test alone."""
    prefix = uuid.uuid4().hex[:12]
    return lambda label: f"test.{prefix}.{label}"


@pytest.fixture
def connection(broker):
    """pika's, to look at the broker with."""
    with pika.BlockingConnection(pika.URLParameters(broker.url)) as opened:
        yield opened


@pytest.fixture
def channel(connection):
    """With publisher confirms: a publish that returns is one that was confirmed."""
    opened = connection.channel()
    opened.confirm_delivery()
    return opened


def get_when_there(channel, queue):
    """basic.get, again until there is a message: a broker may put back what a
    closed connection held after it has answered the close."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        method, properties, body = channel.basic_get(queue, auto_ack=True)
        if method:
            return method, properties, body
    raise AssertionError(f"nothing arrived in {queue}")


class Program:
    """Runs `bb` in an empty folder, with this broker and an exchange of the
    test's own, and none of the caller's settings."""

    def __init__(self, broker, exchange, folder):
        self.exchange = exchange
        self.folder = folder
        self.executable = os.environ["BB_TEST_BB"]
        self.environment = {
            name: os.environ[name]
            for name in ("PATH", "LANG", "ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS")
            if name in os.environ
        }
        self.environment.update(
            HOME=str(folder), RABBIT_URL=broker.url, EXCHANGE_NAME=exchange, NO_COLOR="1"
        )

    def __call__(self, *arguments, stdin=b"", **settings):
        """The finished process, with its output as text."""
        process = subprocess.run(
            [self.executable, *map(str, arguments)],
            cwd=self.folder,
            env={**self.environment, **settings},
            input=stdin,
            capture_output=True,
            timeout=PATIENCE_S,
        )
        process.stdout = process.stdout.decode()
        process.stderr = process.stderr.decode()
        return process

    def start(self, *arguments, **settings):
        """The running process, its output in pipes."""
        return subprocess.Popen(
            [self.executable, *map(str, arguments)],
            cwd=self.folder,
            env={**self.environment, **settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture
def bb(broker, unique, tmp_path):
    return Program(broker, unique("events"), tmp_path)
