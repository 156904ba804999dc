"""`bb serve --validate`: events are checked at the broker's own door. RabbitMQ has nothing like it,
so these tests are about `bb serve` alone."""

import json
import re
import time
import urllib.request

import pika
import pytest

from bb_pytest import PATIENCE_S, get_when_there

EXCHANGE = "bloodbank.events.v1"
QUARANTINE = f"{EXCHANGE}.quarantine"
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "https://33god.dev/schemas/door/events/door.opened.v1.schema.json",
    "title": "a door was opened",
    "type": "object",
    "properties": {"by": {"type": "string"}},
    "required": ["by"],
}


@pytest.fixture
def schemas(tmp_path):
    """schemas(SCHEMA) writes the schema of door.opened."""
    folder = tmp_path / "schemas"
    file = folder / "door" / "events" / "door.opened.v1.schema.json"
    file.parent.mkdir(parents=True)

    def write(schema):
        file.write_text(schema if isinstance(schema, str) else json.dumps(schema))

    write(SCHEMA)
    write.folder = folder
    return write


class Server:
    def __init__(self, program, data, *options):
        self.process = program.start(
            "serve", "--port", "0", "--data-dir", data, *options, "--log-level", "info"
        )
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if "management on" in line:
                break
        said = "".join(lines)
        self.url = re.search(r"RABBIT_URL=(amqp://\S+)", said).group(1)
        self.http = re.search(r"management on (http://\S+)", said).group(1)

    def stop(self):
        self.process.terminate()
        log = self.process.stderr.read()
        assert self.process.wait(PATIENCE_S) == 0
        return log


@pytest.fixture
def serve(bb_alone, schemas, tmp_path):
    def start(*options):
        return Server(bb_alone, tmp_path / "data", "--schemas", schemas.folder, *options)

    return start


@pytest.fixture
def open_channel():
    connections = []

    def open_one(server):
        connection = pika.BlockingConnection(pika.URLParameters(server.url))
        connections.append(connection)
        channel = connection.channel()
        channel.confirm_delivery()
        channel.exchange_declare(EXCHANGE, "topic", durable=True)
        return channel

    yield open_one
    for connection in connections:
        if connection.is_open:
            connection.close()


def envelope(payload, event_type="door.opened"):
    return json.dumps(
        {
            "event_id": "92ac3d31-3cbb-5518-9cc9-eaa1d1198639",
            "event_type": event_type,
            "timestamp": "2026-01-02T03:04:05Z",
            "version": "1.0.0",
            "source": {"host": "here", "type": "manual", "app": None, "meta": None},
            "correlation_ids": [],
            "agent_context": None,
            "payload": payload,
        }
    ).encode()


def passes(channel, body, key="door.opened", exchange=EXCHANGE, **properties):
    try:
        channel.basic_publish(exchange, key, body, pika.BasicProperties(**properties))
        return True
    except pika.exceptions.NackError:
        return False


def listen(channel, exchange=EXCHANGE, key="#"):
    queue = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(queue, exchange, key)
    return queue


def count(channel, queue):
    return channel.queue_declare(queue, passive=True).method.message_count


def test_what_is_valid_passes_and_what_is_not_is_in_quarantine(serve, open_channel):
    server = serve("--validate", "strict")
    channel = open_channel(server)
    queue = listen(channel)
    good, bad = envelope({"by": "ann"}), envelope({"by": 5})
    assert passes(channel, good)
    assert not passes(channel, bad, message_id="m", expiration="1", headers={"trace": "t"})
    assert get_when_there(channel, queue)[2] == good
    assert count(channel, queue) == 0
    assert count(channel, QUARANTINE) == 1

    method, properties, body = get_when_there(channel, QUARANTINE)
    assert body == bad
    assert properties.message_id == "m"
    assert properties.delivery_mode == 2
    headers = properties.headers
    assert "door.opened" in headers["x-refused-reason"]
    assert headers["x-refused-violations"] == [
        {"pointer": "/payload/by", "expected": "a string", "found": "5"}
    ]
    assert headers["x-refused-exchange"] == EXCHANGE
    assert headers["x-refused-routing-key"] == "door.opened"
    assert abs(headers["x-refused-time"].timestamp() - time.time()) < PATIENCE_S
    assert headers["trace"] == "t"


@pytest.mark.parametrize(
    ("body", "key", "reason"),
    [
        (b"{", "door.opened", "not JSON"),
        (b'{"by":"ann"}', "door.opened", "not an event envelope"),
        (envelope({"by": "ann"}), "door.closed", "is not the routing key"),
        (envelope({"by": "ann"}, "door.closed"), "door.closed", "no schema for 'door.closed'"),
        (envelope({}), "door.opened", "not valid for 'door.opened'"),
    ],
)
def test_reasons(serve, open_channel, body, key, reason):
    channel = open_channel(serve("--validate", "strict"))
    queue = listen(channel)
    assert not passes(channel, body, key)
    _, properties, kept = get_when_there(channel, QUARANTINE)
    assert kept == body
    assert reason in properties.headers["x-refused-reason"]
    assert count(channel, queue) == 0


def test_permissive_lets_through_what_has_no_schema(serve, open_channel):
    channel = open_channel(serve("--validate", "permissive"))
    assert passes(channel, envelope({}, "door.closed"), "door.closed")
    assert not passes(channel, envelope({}))
    assert not passes(channel, b"not an envelope", "door.closed")


def test_nothing_is_looked_at_without_the_option(serve, open_channel):
    channel = open_channel(serve())
    assert passes(channel, b"anything")


def test_exchanges_ask_by_their_argument(serve, open_channel):
    server = serve()
    channel = open_channel(server)
    arguments = {"x-schema-validation": "strict"}
    channel.exchange_declare("checked", "topic", durable=True, arguments=arguments)
    assert passes(channel, envelope({"by": "ann"}), exchange="checked")
    assert not passes(channel, b"anything", exchange="checked")
    assert count(channel, "checked.quarantine") == 1
    with pytest.raises(pika.exceptions.ChannelClosedByBroker, match="x-schema-validation"):
        channel.exchange_declare("checked", "topic", durable=True)


def test_an_edited_schema_is_seen_and_a_broken_one_is_not_used(serve, open_channel, schemas):
    server = serve("--validate", "strict")
    channel = open_channel(server)
    body = envelope({"by": 5})
    assert not passes(channel, body)

    def eventually(outcome):
        deadline = time.monotonic() + PATIENCE_S
        while passes(channel, body) != outcome:
            assert time.monotonic() < deadline
            time.sleep(0.05)

    schemas({**SCHEMA, "properties": {"by": {"type": "integer"}}})
    eventually(True)
    schemas("{")
    time.sleep(1.5)  # it is looked at once a second
    assert passes(channel, body)
    schemas(SCHEMA)
    eventually(False)
    channel.connection.close()
    log = server.stop()
    assert "the last good one stays in use" in log
    assert log.count("event refused by") < 10


def test_policy_and_quarantine_survive_a_restart(serve, open_channel):
    server = serve()
    channel = open_channel(server)
    arguments = {"x-schema-validation": "strict"}
    channel.exchange_declare("checked", "topic", durable=True, arguments=arguments)
    assert not passes(channel, b"anything", exchange="checked")
    channel.connection.close()
    server.stop()
    channel = open_channel(serve())
    assert count(channel, "checked.quarantine") == 1
    assert not passes(channel, b"more", exchange="checked")
    assert count(channel, "checked.quarantine") == 2


def test_publish_points_at_the_quarantine(serve, bb_alone):
    server = serve("--validate", "strict")
    refused = bb_alone(
        "publish", "door.opened", "--json", "{}", "--skip-validation", RABBIT_URL=server.url
    )
    assert refused.returncode == 1
    assert QUARANTINE in refused.stderr
    assert "bb validate" in refused.stderr


def test_refusals_are_counted(serve, open_channel):
    server = serve("--validate", "strict")
    channel = open_channel(server)
    for _ in range(3):
        assert not passes(channel, b"anything")
    with urllib.request.urlopen(f"{server.http}/metrics") as page:
        assert "bloodbank_messages_refused_invalid_total 3\n" in page.read().decode()


def test_definitions_carry_the_policy(serve, open_channel, bb_alone, tmp_path):
    server = serve()
    definitions = {
        "exchanges": [
            {
                "name": "checked",
                "vhost": "/",
                "type": "topic",
                "durable": True,
                "arguments": {"x-schema-validation": "permissive"},
            }
        ]
    }
    file = tmp_path / "definitions.json"
    file.write_text(json.dumps(definitions))
    http = server.http.replace("http://", "http://guest:guest@")
    url = ("--http-url", http)
    imported = bb_alone("definitions", "import", file, *url)
    assert imported.returncode == 0, imported.stderr
    assert not passes(open_channel(server), b"anything", exchange="checked")
    shown = bb_alone("exchanges", "show", "checked", "-o", "json", *url)
    assert json.loads(shown.stdout)["schema_validation"] == "permissive"


def test_schemas_that_are_not_there_are_told_at_the_start(bb_alone, tmp_path):
    refused = bb_alone(
        "serve", "--port", "0", "--data-dir", tmp_path / "data", "--validate", "strict",
        "--schemas", tmp_path / "nowhere",
    )  # fmt: skip
    assert refused.returncode != 0
    assert "--schemas" in refused.stderr
