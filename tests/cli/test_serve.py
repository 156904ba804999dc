"""`bb serve` as a process: what it says, and how it ends."""

import os
import re
import signal
import socket
import subprocess
import time

import pika
import pytest

from bb_pytest import PATIENCE_S


@pytest.fixture
def serve(bb_alone):
    """serve(option...) is the process and the URL that it announced."""

    def start(*options):
        data = bb_alone.folder / f"data-{len(bb_alone.started)}"
        process = bb_alone.start("serve", "--port", "0", "--data-dir", data, *options)
        for line in process.stdout:
            announced = re.search(r"amqp://\S+", line)
            if announced:
                return process, announced.group()
        raise AssertionError(f"no URL was announced: {process.stderr.read()}")

    return start


def test_announces_a_url_that_works(serve):
    process, url = serve()
    assert "127.0.0.1" in url
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        assert connection.channel().queue_declare("", exclusive=True).method.queue
    process.terminate()
    assert process.wait(PATIENCE_S) == 0


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_stops_cleanly_when_idle(serve, how):
    process, _ = serve()
    process.send_signal(how)
    assert process.wait(PATIENCE_S) == 0


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_tells_its_clients_when_it_stops(serve, how):
    process, url = serve()
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()
    queue = channel.queue_declare("", exclusive=True).method.queue
    channel.basic_consume(queue, lambda *delivery: None)
    process.send_signal(how)
    with pytest.raises(pika.exceptions.ConnectionClosedByBroker) as closed:
        while True:
            connection.process_data_events(time_limit=1)
    assert closed.value.reply_code == 320
    assert process.wait(PATIENCE_S) == 0


def test_stops_while_a_client_says_nothing(serve):
    """One that has connected and not even begun the handshake."""
    process, url = serve()
    port = pika.URLParameters(url).port
    with socket.create_connection(("127.0.0.1", port)):
        process.terminate()
        assert process.wait(PATIENCE_S) == 0


def test_closed_standard_descriptors_are_not_taken_for_files(bb_alone):
    """A log on a descriptor that was closed must not end up in a file of the server's."""
    data = bb_alone.folder / "data"
    process = subprocess.Popen(
        ["bash", "-c", 'exec "$@" 0>&- 2>&-', "bash", bb_alone.executable, "serve"]
        + ["--port", "0", "--data-dir", str(data), "--log-level", "debug"],
        env=bb_alone.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    bb_alone.started.append(process)
    assert "listening" in process.stdout.readline()
    for descriptor in (0, 2):
        assert os.readlink(f"/proc/{process.pid}/fd/{descriptor}") == "/dev/null"
    process.terminate()
    assert process.wait(PATIENCE_S) == 0


def test_a_port_in_use_is_one_clear_line(serve, bb_alone):
    _, url = serve()
    port = pika.URLParameters(url).port
    second = bb_alone("serve", "--port", port, "--data-dir", bb_alone.folder / "other")
    assert second.returncode == 1
    assert len(second.stderr.splitlines()) == 1, second.stderr
    assert str(port) in second.stderr and "in use" in second.stderr


def test_a_data_folder_that_cannot_be_made(bb_alone):
    (bb_alone.folder / "file").write_text("")
    failed = bb_alone("serve", "--port", "0", "--data-dir", bb_alone.folder / "file" / "data")
    assert failed.returncode == 1
    assert len(failed.stderr.splitlines()) == 1, failed.stderr


def test_other_protocols_are_told_which_one_is_spoken(serve):
    _, url = serve()
    port = pika.URLParameters(url).port
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as peer:
        peer.sendall(b"GET / HTTP/1.1\r\n\r\n")
        answer = b""
        while chunk := peer.recv(64):
            answer += chunk
    assert answer == b"AMQP\x00\x00\x09\x01"


def test_leaves_a_client_that_has_stopped_reading(serve):
    """Silent, and not even taking the last words: its socket is closed, and others go on."""
    process, url = serve()
    descriptors = f"/proc/{process.pid}/fd"
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        queue = channel.queue_declare("", auto_delete=False).method.queue
        for _ in range(3):
            channel.basic_publish("", queue, bytes(16 << 20))
        before = len(os.listdir(descriptors))

        stuck = pika.BlockingConnection(pika.URLParameters(url + "?heartbeat=1"))
        stuck.channel().basic_consume(queue, lambda *delivery: None)
        assert len(os.listdir(descriptors)) == before + 1
        deadline = time.monotonic() + PATIENCE_S
        while len(os.listdir(descriptors)) > before:
            assert time.monotonic() < deadline, "its socket stays open"
            connection.process_data_events(time_limit=0.2)
        assert channel.queue_declare(queue, passive=True).method.message_count == 3
    process.terminate()
    assert process.wait(PATIENCE_S) == 0
