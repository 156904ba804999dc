"""`bb serve` as a process: what it says, and how it ends."""

import json
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


def test_a_data_folder_in_use_is_one_clear_line(serve, bb_alone):
    process, url = serve()
    again = bb_alone("serve", "--port", "0", "--data-dir", bb_alone.folder / "data-0")
    assert (again.returncode, again.stdout) == (1, "")
    assert len(again.stderr.splitlines()) == 1
    assert f"in use by process {process.pid}" in again.stderr and "--data-dir" in again.stderr
    with pika.BlockingConnection(pika.URLParameters(url)):
        pass  # the first one goes on


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def test_a_data_folder_of_a_newer_version_is_left_alone(serve, bb_alone):
    process, _ = serve()
    process.terminate()
    assert process.wait(PATIENCE_S) == 0
    folder = bb_alone.folder / "data-0" / "log"
    segment = max(folder.glob("*.log"))
    header = bytearray(segment.read_bytes())
    header[8:12] = (2).to_bytes(4, "big")  # docs/formats/log.md
    header[60:64] = crc32c(header[:60]).to_bytes(4, "big")
    segment.write_bytes(header)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    for options in ((), ("--repair",)):
        again = bb_alone("serve", "--port", "0", "--data-dir", folder.parent, *options)
        assert (again.returncode, again.stdout) == (1, "")
        assert "version 2" in again.stderr, again.stderr
        assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_a_data_folder_that_is_full_of_something_else(bb_alone):
    folder = bb_alone.folder / "mine"
    folder.mkdir()
    (folder / "log").write_text("not a folder")
    result = bb_alone("serve", "--port", "0", "--data-dir", folder)
    assert (result.returncode, result.stdout) == (1, "")
    assert len(result.stderr.splitlines()) == 1 and str(folder) in result.stderr


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


HISTORY = "bloodbank.events.v1.history"
PUBLISH = ["publish", "test.history.kept", "--json", "{}", "--skip-validation"]


def read_history(url, count):
    """The first events in it: (offset, routing key)."""
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        channel.basic_qos(prefetch_count=100)
        taken = []
        for method, properties, _ in channel.consume(
            HISTORY, arguments={"x-stream-offset": "first"}, inactivity_timeout=PATIENCE_S
        ):
            taken.append((properties.headers["x-stream-offset"], method.routing_key))
            if len(taken) == count:
                return taken


def test_an_event_that_nobody_waits_for_is_in_the_history(bb_alone, serve):
    process, url = serve("--no-http")
    published = bb_alone(*PUBLISH, RABBIT_URL=url)
    assert published.returncode == 0, published.stderr
    assert len(published.stdout.splitlines()) == 1
    notice = published.stderr.splitlines()
    assert len(notice) == 1 and "no queue received" in notice[0] and HISTORY in notice[0]
    assert published.stdout.strip() in notice[0]

    lines = b"{}\n{}\n{}\n"
    bulk = [*PUBLISH[:2], "--jsonl", "-", "--skip-validation"]
    published = bb_alone(*bulk, stdin=lines, RABBIT_URL=url)
    assert published.returncode == 0, published.stderr
    assert "no queue received 3" in published.stderr and "published 3" in published.stderr

    assert read_history(url, 4) == [(number, "test.history.kept") for number in range(4)]
    process.terminate()
    assert process.wait(PATIENCE_S) == 0


def test_an_event_that_somebody_gets_is_no_news(bb_alone, serve):
    _, url = serve("--no-http")
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        queue = channel.queue_declare("", exclusive=True).method.queue
        channel.queue_bind(queue, "bloodbank.events.v1", "test.#")
        published = bb_alone(*PUBLISH, RABBIT_URL=url)
        assert (published.returncode, published.stderr) == (0, "")
        assert channel.queue_declare(queue, passive=True).method.message_count == 1


def test_without_a_history_an_event_that_nobody_waits_for_is_lost(bb_alone, serve):
    _, url = serve("--no-http", "--no-history")
    lost = bb_alone(*PUBLISH, RABBIT_URL=url)
    assert lost.returncode == 6 and "no queue received" in lost.stderr
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        with pytest.raises(pika.exceptions.ChannelClosedByBroker):
            connection.channel().queue_declare(HISTORY, passive=True)


def test_the_history_outlives_the_server_and_gets_its_new_limits(bb_alone):
    def serve(*options):
        process = bb_alone.start(
            "serve", "--port", "0", "--data-dir", bb_alone.folder / "data", *options
        )
        said = [process.stdout.readline() for _ in range(4)]
        url = re.search(r"amqp://\S+", said[0]).group()
        return process, url, re.search(r"http://\S+", said[3]).group()

    def stop(process):
        process.terminate()
        assert process.wait(PATIENCE_S) == 0

    process, url, _ = serve()
    assert bb_alone(*PUBLISH, RABBIT_URL=url).returncode == 0
    stop(process)
    process, url, http = serve("--history-max-bytes", "33554432", "--history-max-age", "12h")
    assert bb_alone(*PUBLISH, RABBIT_URL=url).returncode == 0
    assert read_history(url, 2) == [(number, "test.history.kept") for number in range(2)]
    api = http.replace("http://", "http://guest:guest@")
    shown = bb_alone("queues", "show", HISTORY, "-o", "json", BB_HTTP_URL=api)
    assert shown.returncode == 0, shown.stderr
    stream = json.loads(shown.stdout)
    assert (stream["type"], stream["messages"], stream["committed_offset"]) == ("stream", 2, 1)
    assert stream["arguments"]["x-max-length-bytes"] == 33554432
    assert stream["arguments"]["x-max-age"] == "12h"
    purged = bb_alone("queues", "purge", HISTORY, "--yes", BB_HTTP_URL=api)
    assert purged.returncode != 0 and "not supported by stream queues" in purged.stderr
    stop(process)
    # It stays, and gets nothing more.
    process, url, _ = serve("--no-history")
    assert bb_alone(*PUBLISH, RABBIT_URL=url).returncode == 6
    assert read_history(url, 2) == [(number, "test.history.kept") for number in range(2)]
    stop(process)


@pytest.mark.parametrize(
    "options",
    [
        ["--history-max-age", "soon"],
        ["--history-max-age", "5x"],
        ["--history-max-bytes", "10"],
        ["--no-history", "--history-max-age", "1h"],
    ],
)
def test_limits_of_the_history_that_are_none(bb_alone, options):
    refused = bb_alone("serve", "--port", "0", "--data-dir", bb_alone.folder / "data", *options)
    assert refused.returncode == 2 and refused.stdout == ""
    assert "history" in refused.stderr


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (["--host", "192.0.2.1"], 1, "--host"),  # RFC 5737: no machine has it
        (["--host", "nowhere"], 2, "IP address"),
        (["--port", "5999", "--http-port", "5999"], 2, "--http-port"),
        (["--memory-max", "300X"], 2, "300M"),
        (["--memory-max", "1K"], 2, "1048576"),
    ],
)
def test_settings_that_cannot_be(bb_alone, options, code, says):
    usual = [] if "--port" in options else ["--port", "0"]
    refused = bb_alone("serve", *usual, "--data-dir", bb_alone.folder / "data", *options)
    assert refused.returncode == code and refused.stdout == ""
    assert says in refused.stderr and len(refused.stderr.splitlines()) == 1


def test_sizes_take_units(serve):
    process, url = serve("--memory-max", "300M", "--message-bytes-max", "2KiB")
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.queue_declare("sizes")
        channel.basic_publish("", "sizes", b"x" * 2048)
        with pytest.raises(pika.exceptions.ChannelClosedByBroker) as closed:
            channel.basic_publish("", "sizes", b"x" * 2049)
        assert closed.value.reply_code == 406
    process.terminate()
    assert process.wait(PATIENCE_S) == 0
