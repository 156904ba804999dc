"""The pytest plugin of the tests: the broker that a run is about, names that no
other test uses, and the program."""

import collections
import os
import pathlib
import pty
import select
import socket
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
    """Runs `bb` in a folder of the test's own, with none of the caller's settings."""

    def __init__(self, folder, **settings):
        self.folder = folder
        self.executable = os.environ["BB_TEST_BB"]
        self.environment = {
            name: os.environ[name]
            for name in ("PATH", "LANG", "ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS")
            if name in os.environ
        }
        self.environment.update(HOME=str(folder), **settings)
        self.started = []

    def __call__(self, *arguments, stdin=b"", **settings):
        """The finished process, with its output as text. A setting of None is unset."""
        process = subprocess.run(
            [self.executable, *map(str, arguments)],
            cwd=self.folder,
            env=self._environment(settings),
            input=stdin,
            capture_output=True,
            timeout=PATIENCE_S,
        )
        process.stdout = process.stdout.decode()
        process.stderr = process.stderr.decode()
        return process

    def start(self, *arguments, stdin=subprocess.DEVNULL, **settings):
        """The running process, its output in pipes; killed after the test."""
        process = subprocess.Popen(
            [self.executable, *map(str, arguments)],
            cwd=self.folder,
            env=self._environment(settings),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process

    def subscribe(self, *arguments, **settings):
        """A `bb subscribe` that is subscribed."""
        process = self.start("subscribe", *arguments, "--timeout", f"{PATIENCE_S}s", **settings)
        notice = process.stderr.readline()
        assert "subscribed" in notice.lower(), notice + process.stderr.read()
        return process

    def stop_all(self):
        for process in self.started:
            process.kill()
            process.communicate()

    def _environment(self, settings):
        merged = {**self.environment, **settings}
        return {name: value for name, value in merged.items() if value is not None}


def ask(program, answers, *arguments):
    """Runs the program at a terminal, with `answers` typed in turn; its exit code
    and what the terminal showed."""
    terminal, program_end = pty.openpty()
    process = subprocess.Popen(
        [program.executable, *arguments],
        cwd=program.folder,
        env=program.environment,
        stdin=program_end,
        stdout=program_end,
        stderr=program_end,
        start_new_session=True,
    )
    program.started.append(process)
    shown = b""
    answers = list(answers)
    ended = False
    while True:
        if select.select([terminal], [], [], 0.05)[0]:
            shown += os.read(terminal, 4096)
            if answers and shown.endswith((b"] ", b": ")):
                os.write(terminal, answers.pop(0))
        elif ended:
            break
        else:  # one more look, for what it said last
            ended = process.poll() is not None
    # Only now: what is in a terminal that nobody has open is gone.
    os.close(program_end)
    os.close(terminal)
    return process.returncode, shown.decode()


@pytest.fixture
def bb_alone(tmp_path):
    """The program, and no broker: the URL is one where nothing listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound, so that nothing else takes it
        port = held.getsockname()[1]
        program = Program(tmp_path, RABBIT_URL=f"amqp://guest:secret@127.0.0.1:{port}/")
        yield program
        program.stop_all()


@pytest.fixture
def bb(broker, unique, tmp_path):
    """The program, with this broker and an exchange that is the test's own."""
    program = Program(tmp_path, RABBIT_URL=broker.url, EXCHANGE_NAME=unique("events"))
    program.exchange = program.environment["EXCHANGE_NAME"]
    yield program
    program.stop_all()


@pytest.fixture
def http_url():
    """The broker's management API."""
    return pathlib.Path(os.environ["BB_TEST_BROKER_URL_FILE"] + ".http").read_text().strip()


@pytest.fixture
def own_vhost(broker, http_url, unique, tmp_path):
    """The URL of a virtual host that is the test's own: for what looks at, or changes, all that is
    in one."""
    manage = Program(tmp_path, BB_HTTP_URL=http_url)
    name = unique("vhost")
    made = manage("vhost", "add", name)
    assert made.returncode == 0, made.stderr
    yield f"{broker.url}/{name}"
    manage("vhost", "delete", name, "--yes")


@pytest.fixture
def everything(bb, channel):
    """A queue that receives all that is published to the exchange of `bb`."""
    channel.exchange_declare(bb.exchange, "topic", durable=True)
    queue = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(queue, bb.exchange, "#")
    yield queue
    channel.exchange_delete(bb.exchange)
