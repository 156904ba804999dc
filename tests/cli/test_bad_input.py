"""Clients that do as they please against a `bb serve`: it goes on, within a bound of memory, and
serves the others meanwhile."""

import json
import pathlib
import re
import socket
import struct
import threading
import urllib.error
import urllib.request

import pika
import pytest
from pamqp import body, commands, frame, header

from bb_pytest import PATIENCE_S

MIB = 1 << 20


class Server:
    def __init__(self, program, *options):
        self.process = program.start(
            "serve", "--port", "0", "--data-dir", program.folder / "data", *options
        )
        said = ""
        for line in self.process.stdout:
            said += line
            if "management on" in line:
                break
        else:
            raise AssertionError(f"it does not run: {self.process.stderr.read()}")
        self.url = re.search(r"RABBIT_URL=(amqp://\S+)", said).group(1)
        self.http = re.search(r"management on (http://\S+)", said).group(1)
        self.address = ("127.0.0.1", pika.URLParameters(self.url).port)
        # What it says must not fill the pipe.
        self.log = []
        self.reader = threading.Thread(target=lambda: self.log.extend(self.process.stderr))
        self.reader.start()

    def memory_mib(self, of="VmRSS"):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{of}:\s+(\d+) kB", status).group(1)) / 1024

    def metric(self, name):
        with urllib.request.urlopen(f"{self.http}/metrics") as page:
            text = page.read().decode()
        return int(re.search(rf"^bloodbank_{re.escape(name)} (\d+)$", text, re.M).group(1))

    def serves(self):
        """Somebody else's message goes in and out, confirmed."""
        with pika.BlockingConnection(pika.URLParameters(self.url)) as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            queue = channel.queue_declare("", exclusive=True).method.queue
            channel.basic_publish("", queue, b"hello", pika.BasicProperties(delivery_mode=2))
            assert channel.basic_get(queue, auto_ack=True)[2] == b"hello"

    def stop(self):
        self.process.terminate()
        assert self.process.wait(PATIENCE_S) == 0
        self.reader.join()


@pytest.fixture
def serve(bb_alone):
    servers = []

    def start(*options):
        servers.append(Server(bb_alone, *options))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


class Line:
    """A socket, and what AMQP is on it: nothing is checked on its way out."""

    def __init__(self, server, open_channel=True, heartbeat=0):
        self.socket = socket.create_connection(server.address, timeout=PATIENCE_S)
        self.unread = b""
        self.socket.sendall(b"AMQP\x00\x00\x09\x01")
        self.expect("Connection.Start")
        self.send(commands.Connection.StartOk({}, "PLAIN", "\0guest\0guest", "en_US"), 0)
        tune = self.expect("Connection.Tune")
        self.channel_max = tune.channel_max
        self.send(commands.Connection.TuneOk(tune.channel_max, tune.frame_max, heartbeat), 0)
        self.call(commands.Connection.Open(), "Connection.OpenOk", 0)
        if open_channel:
            self.call(commands.Channel.Open(), "Channel.OpenOk")

    def send(self, method, channel=1):
        self.socket.sendall(frame.marshal(method, channel))

    def call(self, method, answer, channel=1):
        self.send(method, channel)
        return self.expect(answer)

    def next(self):
        """The next frame: its channel and what is in it; None when the socket is closed."""
        while True:
            if len(self.unread) >= 7:
                size = struct.unpack(">I", self.unread[3:7])[0] + 8
                if len(self.unread) >= size:
                    data, self.unread = self.unread[:size], self.unread[size:]
                    return frame.unmarshal(data)[1:]
            try:
                received = self.socket.recv(MIB)
            except ConnectionResetError:
                return None
            if not received:
                return None
            self.unread += received

    def expect(self, name):
        found = self.next()
        assert found is not None, f"the socket is closed instead of {name}"
        assert found[1].name == name, (found[1].name, dict(found[1]))
        return found[1]

    def expect_end(self):
        """The code of the connection.close, answered, or None; then the socket's end."""
        code = None
        while (found := self.next()) is not None:
            if getattr(found[1], "name", "") == "Connection.Close":
                code = found[1].reply_code
                self.send(commands.Connection.CloseOk(), 0)
        return code

    def publish_bytes(self, queue, size, channel=1, announced=None):
        """The frames of a publish, without the body."""
        method = commands.Basic.Publish(exchange="", routing_key=queue)
        content = header.ContentHeader(0, size if announced is None else announced)
        return frame.marshal(method, channel) + frame.marshal(content, channel)

    def close(self):
        self.socket.close()


def body_frames(size, channel=1, frame_max=131072):
    piece = b"x" * (frame_max - 8)
    while size > 0:
        yield frame.marshal(body.ContentBody(piece[:size]), channel)
        size -= len(piece)


def method_frame(class_id, method_id, arguments=b"", channel=1):
    payload = struct.pack(">HH", class_id, method_id) + arguments
    return struct.pack(">BHI", 1, channel, len(payload)) + payload + b"\xce"


# Each closes the connection, with the code that RabbitMQ 3.10 closes it with.
VIOLATIONS = {
    "a frame of no type": (struct.pack(">BHI", 9, 1, 2) + b"xx\xce", 501),
    "a frame without its end": (struct.pack(">BHI", 1, 1, 4) + b"\0\x0a\0\x0a\xcd", 501),
    "a frame that is too large": (struct.pack(">BHI", 1, 1, 0x7FFFFFFF), 501),
    "a method of no class": (method_frame(99, 1), 501),
    "a method cut off": (method_frame(50, 10, b"\0\0\xffabc"), 501),
    "content that nothing announced": (struct.pack(">BHI", 3, 1, 1) + b"x\xce", 505),
    "a method of the broker's": (method_frame(60, 72, b"\0"), 503),
    "a channel that is not open": (method_frame(85, 10, b"\0", channel=7), 504),
    "a channel opened twice": (method_frame(20, 10, b"\0"), 504),
    "a connection opened twice": (method_frame(10, 40, b"\1/\0\0", channel=0), 504),
    "publish with immediate": (method_frame(60, 40, b"\0\0\0\0\2"), 540),
    "a name that is not UTF-8": (method_frame(50, 10, b"\0\0\2\xff\xfe\0\0\0\0\0"), 501),
}


@pytest.mark.parametrize("violation", VIOLATIONS)
def test_a_violation_closes_the_connection_with_its_code(serve, violation):
    server = serve()
    data, code = VIOLATIONS[violation]
    line = Line(server)
    line.socket.sendall(data)
    assert line.expect_end() == code
    server.serves()


def test_clients_that_never_read(serve):
    server = serve("--memory-max", str(64 * MIB))
    with pika.BlockingConnection(pika.URLParameters(server.url)) as connection:
        channel = connection.channel()
        channel.queue_declare("full", durable=True)
        channel.confirm_delivery()
        for _ in range(40):
            channel.basic_publish("", "full", b"x" * MIB, pika.BasicProperties(delivery_mode=2))
    before = server.memory_mib()
    lines = []
    for _ in range(40):
        line = Line(server)
        line.send(commands.Basic.Consume(queue="full", consumer_tag="c", no_ack=False))
        lines.append(line)
    # Questions without end, and no answer read.
    question = frame.marshal(commands.Queue.Declare(queue="full", passive=True), 1)
    for line in lines:
        line.socket.settimeout(0.2)
        try:
            while True:
                line.socket.sendall(question * 1000)
        except TimeoutError:
            pass
    server.serves()
    assert server.memory_mib() - before < 40 * 6
    for line in lines:
        line.close()
    server.serves()


def test_clients_that_send_a_byte_now_and_then(serve):
    server = serve()
    strangers = [socket.create_connection(server.address, timeout=PATIENCE_S) for _ in range(50)]
    slow = Line(server)
    message = slow.publish_bytes("nowhere", 10)
    ended = []
    for turn in range(PATIENCE_S):
        # One who is inside may take his time.
        slow.socket.sendall(message[turn % len(message) : turn % len(message) + 1])
        server.serves()
        for stranger in [one for one in strangers if one not in ended]:
            try:
                stranger.sendall(b"AMQP\x00\x00\x09\x01"[min(turn, 6) : min(turn, 6) + 1])
                stranger.settimeout(0.02)
                if stranger.recv(1000) == b"":
                    ended.append(stranger)
            except TimeoutError:
                pass
            except ConnectionError:
                ended.append(stranger)
        if len(ended) == len(strangers):
            break
    assert len(ended) == len(strangers), "a handshake without end"
    server.serves()


def test_a_client_that_opens_65535_channels(serve):
    server = serve()
    line = Line(server, open_channel=False)
    line.socket.sendall(
        b"".join(frame.marshal(commands.Channel.Open(), number) for number in range(1, 65536))
    )
    assert line.expect_end() == 530
    server.serves()
    assert server.metric('limit_refusals_total{limit="channels"}') == 1

    before = server.memory_mib()
    lines = []
    for _ in range(32):
        line = Line(server, open_channel=False)
        numbers = range(1, line.channel_max + 1)
        line.socket.sendall(
            b"".join(frame.marshal(commands.Channel.Open(), number) for number in numbers)
        )
        for _ in numbers:
            line.expect("Channel.OpenOk")
        lines.append(line)
    assert server.metric("channels") == 32 * lines[0].channel_max
    assert server.memory_mib() - before < 256
    server.serves()
    for line in lines:
        line.close()
    server.serves()


def test_a_client_that_declares_100000_queues(serve):
    server = serve()
    before = server.memory_mib()
    queues_before = server.metric("queues")  # the history is one
    line = Line(server)
    count = 100_000
    for first in range(0, count, 1000):
        line.socket.sendall(
            b"".join(
                frame.marshal(commands.Queue.Declare(queue=f"q{number}", durable=True), 1)
                for number in range(first, first + 1000)
            )
        )
        for _ in range(1000):
            line.expect("Queue.DeclareOk")
    assert server.metric("queues") == queues_before + count
    assert server.memory_mib() - before < 400
    server.serves()


def test_queues_above_the_limit_are_refused(serve):
    server = serve("--queues-max", "100")
    room = 100 - server.metric("queues")  # the history is one
    line = Line(server)
    for number in range(200):
        line.send(commands.Queue.Declare(queue=f"q{number}"))
    for _ in range(room):
        line.expect("Queue.DeclareOk")
    refused = line.expect("Channel.Close")
    assert refused.reply_code == 406 and "the limit of 100 queues" in refused.reply_text
    assert server.metric('limit_refusals_total{limit="queues"}') == 1


def test_bodies_of_128_mib(serve):
    size = 128 * MIB
    server = serve("--memory-max", str(300 * MIB))
    line = Line(server)
    line.call(commands.Queue.Declare(queue="large"), "Queue.DeclareOk")
    line.socket.sendall(line.publish_bytes("large", size + 1))
    refused = line.expect("Channel.Close")
    assert refused.reply_code == 406 and f"max size {size}" in refused.reply_text

    # More of them at once than there is memory for.
    def publish(failures):
        publisher = Line(server)
        publisher.call(commands.Confirm.Select(), "Confirm.SelectOk")
        publisher.socket.sendall(publisher.publish_bytes("large", size))
        try:
            for piece in body_frames(size):
                publisher.socket.sendall(piece)
        except OSError as problem:
            failures.append(problem)
            return
        channel, answer = publisher.next()
        if answer.name != "Basic.Ack":
            failures.append(answer.reply_code)

    failures = []
    threads = [threading.Thread(target=publish, args=(failures,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    consumer = Line(server)
    consumer.send(commands.Basic.Qos(prefetch_count=1))
    consumer.send(commands.Basic.Consume(queue="large", consumer_tag="c"))
    done = 0
    arrived = 0
    consumer.socket.settimeout(1)
    while any(thread.is_alive() for thread in threads) or done + len(failures) < 8:
        try:
            found = consumer.next()
        except TimeoutError:
            continue
        if isinstance(found[1], commands.Basic.Deliver):
            arrived, tag = 0, found[1].delivery_tag
        elif isinstance(found[1], body.ContentBody):
            arrived += len(found[1].value)
            if arrived == size:
                done += 1
                consumer.send(commands.Basic.Ack(tag))
    assert set(failures) <= {311}, "only for want of memory"
    assert done == 8 - len(failures) and done >= 1
    # Messages under way are refused above 450 MiB; one that becomes whole and one that goes out
    # are copied. Without the limits it would be all eight of them, each copied twice or more.
    assert server.memory_mib("VmHWM") < 1300
    server.serves()


def test_arguments_without_end(serve):
    server = serve("--table-fields-max", "10", "--table-depth-max", "3")
    line = Line(server)
    for arguments in ({f"x{number}": number for number in range(11)}, {"a": {"b": {"c": {}}}}):
        line.send(commands.Queue.Declare(queue="q", arguments=arguments))
        refused = line.expect("Channel.Close")
        assert refused.reply_code == 406 and "limit of" in refused.reply_text
        line.send(commands.Channel.CloseOk())
        line.call(commands.Channel.Open(), "Channel.OpenOk")
        content = header.ContentHeader(0, 0, commands.Basic.Properties(headers=arguments))
        line.socket.sendall(
            frame.marshal(commands.Basic.Publish(routing_key="q"), 1) + frame.marshal(content, 1)
        )
        assert line.expect("Channel.Close").reply_code == 406
        line.send(commands.Channel.CloseOk())
        line.call(commands.Channel.Open(), "Channel.OpenOk")
    assert server.metric('limit_refusals_total{limit="tables"}') == 4


def test_connections_above_the_limit_are_closed(serve):
    server = serve("--connections-max", "3")
    lines = [Line(server) for _ in range(3)]
    with socket.create_connection(server.address, timeout=PATIENCE_S) as refused:
        try:
            assert refused.recv(1) == b""
        except ConnectionResetError:
            pass
    assert server.metric('limit_refusals_total{limit="connections"}') == 1
    lines[0].close()
    while server.metric("connections") > 2:
        pass
    server.serves()


def test_http_takes_what_amqp_would(serve):
    server = serve()
    login = {"Authorization": "Basic Z3Vlc3Q6Z3Vlc3Q=", "Content-Type": "application/json"}

    def status(method, path, content):
        request = urllib.request.Request(
            server.http + path, json.dumps(content).encode(), login, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return answer.status
        except urllib.error.HTTPError as refused:
            return refused.code

    long = "n" * 256
    many = {"headers": {"CC": ["x"], **{str(number): number for number in range(70_000)}}}
    message = {"routing_key": "q", "payload": "", "payload_encoding": "string"}
    assert status("PUT", f"/api/exchanges/%2F/{long}", {"type": "fanout"}) == 400
    assert status("PUT", f"/api/queues/%2F/{long}", {}) == 400
    mortal = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": long, "x-max-length": 0}
    assert status("PUT", "/api/queues/%2F/mortal", {"arguments": mortal}) == 400
    publish = "/api/exchanges/%2F/amq.default/publish"
    assert status("POST", publish, {**message, "properties": many}) == 400
    assert status("POST", publish, {**message, "properties": {}}) == 200
    server.serves()
