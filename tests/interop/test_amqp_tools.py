"""rabbitmq-c's command-line tools (package amqp-tools): the plainest C client."""

import subprocess

import pika
import pytest

from bb_pytest import PATIENCE_S

ONE_MEBIBYTE = 1024 * 1024


@pytest.fixture
def tool(broker):
    """tool("get", "-q", queue) runs amqp-get; the process, finished."""

    def run(name, *arguments, stdin=b""):
        return subprocess.run(
            [f"amqp-{name}", f"--url={broker.url}", *arguments],
            input=stdin,
            capture_output=True,
            timeout=PATIENCE_S,
        )

    return run


@pytest.fixture
def queue(tool, channel, unique):
    name = unique("queue")
    declared = tool("declare-queue", "-q", name)
    assert (declared.returncode, declared.stdout.decode().strip()) == (0, name)
    yield name
    channel.queue_delete(name)


def test_publishes_and_gets(tool, queue):
    assert tool("publish", "-r", queue, "-b", "hello").returncode == 0
    got = tool("get", "-q", queue)
    assert (got.returncode, got.stdout) == (0, b"hello")


def test_get_from_an_empty_queue_says_so(tool, queue):
    got = tool("get", "-q", queue)
    assert (got.returncode, got.stdout) == (2, b"")


def test_consumes_what_was_published_in_order(tool, queue):
    sent = tool("publish", "-r", queue, "--line-buffered", stdin=b"first\nsecond\nthird\n")
    assert sent.returncode == 0
    consumed = tool("consume", "-q", queue, "-c", "3", "-p", "1", "cat")
    assert (consumed.returncode, consumed.stdout) == (0, b"first\nsecond\nthird\n")
    assert tool("get", "-q", queue).returncode == 2  # all three were acknowledged


def test_consumes_in_no_ack_mode(tool, queue):
    tool("publish", "-r", queue, "-b", "once")
    consumed = tool("consume", "-q", queue, "-A", "-c", "1", "cat")
    assert (consumed.returncode, consumed.stdout) == (0, b"once")


def test_consumes_from_an_exclusive_queue_bound_to_a_topic(broker, tool, channel, unique):
    exchange = unique("topic")
    channel.exchange_declare(exchange, "topic", auto_delete=True)
    consumer = subprocess.Popen(
        ["amqp-consume", f"--url={broker.url}", "--exclusive", "-q", unique("mine")]
        + ["-e", exchange, "-r", "voice.*", "-c", "1", "cat"],
        stdout=subprocess.PIPE,
    )
    # With mandatory, a publish fails until the consumer has bound its queue.
    while consumer.poll() is None:
        try:
            channel.basic_publish(exchange, "voice.hello", b"heard", mandatory=True)
            break
        except pika.exceptions.UnroutableError:
            continue
    output, _ = consumer.communicate(timeout=PATIENCE_S)
    assert (consumer.returncode, output) == (0, b"heard")


def test_properties_arrive(tool, queue, channel):
    sent = tool(
        *["publish", "-r", queue, "-p", "-C", "application/json", "-E", "utf-8"],
        *["-t", "answers", "-H", "colour: blue", "-H", "size: 10", "-b", "{}"],
    )
    assert sent.returncode == 0
    _, properties, body = channel.basic_get(queue, auto_ack=True)
    assert body == b"{}"
    assert properties.delivery_mode == 2
    assert properties.content_type == "application/json"
    assert properties.content_encoding == "utf-8"
    assert properties.reply_to == "answers"
    assert properties.headers == {"colour": "blue", "size": "10"}


@pytest.mark.parametrize("size", [0, ONE_MEBIBYTE])
def test_bodies_of_any_size(tool, queue, size):
    body = bytes(number % 251 for number in range(size))
    assert tool("publish", "-r", queue, stdin=body).returncode == 0
    got = tool("get", "-q", queue)
    assert got.returncode == 0
    assert got.stdout == body


def test_server_named_queue(tool):
    declared = tool("declare-queue", "-q", "")
    assert declared.returncode == 0
    name = declared.stdout.decode().strip()
    assert name.startswith("amq.gen-")
    deleted = tool("delete-queue", "-q", name)
    assert deleted.returncode == 0


def test_delete_queue_says_how_many_messages_went(tool, unique):
    name = unique("queue")
    tool("declare-queue", "-q", name, "-d")
    tool("publish", "-r", name, stdin=b"kept")
    refused = tool("delete-queue", "-q", name, "--if-empty")
    assert refused.returncode != 0
    assert b"PRECONDITION_FAILED" in refused.stderr
    deleted = tool("delete-queue", "-q", name)
    assert (deleted.returncode, deleted.stdout.strip()) == (0, b"1")


def test_a_missing_queue_is_named(tool, unique):
    name = unique("missing")
    got = tool("get", "-q", name)
    assert got.returncode == 1
    assert f"NOT_FOUND - no queue '{name}' in vhost '/'".encode() in got.stderr


def test_a_wrong_password_is_refused(broker):
    url = broker.url.replace("guest:guest@", "guest:wrong@")
    command = ["amqp-get", f"--url={url}", "-q", "any"]
    refused = subprocess.run(command, capture_output=True, timeout=PATIENCE_S)
    assert refused.returncode == 1
    assert b"ACCESS_REFUSED" in refused.stderr
