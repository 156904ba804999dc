"""What `bb` puts on the wire and takes from it, as another client sees it: the
envelope 1.0.0 and the AMQP properties that the ecosystem's services rely on."""

import json
import re
import socket
import subprocess
import uuid
from datetime import datetime, timezone

import pika
import pytest

from bb_pytest import PATIENCE_S, get_when_there

TYPE = "transcription.voice.completed"
FIELDS = ["event_id", "event_type", "timestamp", "version", "source", "correlation_ids"]
FIELDS += ["agent_context", "payload"]
PARENTS = ["0191e0a0-0000-7000-8000-000000000001", "0191e0a0-0000-7000-8000-000000000002"]

# Each is one that some JSON library changes: digits, order, duplicates, escapes.
PAYLOADS = [
    '{"price":1.10}',
    '{"huge":1e400,"tiny":-0.0,"e":1E+2}',
    '{"id":1234567890123456789012345678901234567890}',
    '{"b":1,"a":2,"b":3}',
    '{"text":"Zürich ☕ \\u00fc \\/ \\ud83d\\ude00"}',
    '{ "spaced" : [ 1 , 2 ] }',
    "{}",
]


def taken(channel, queue):
    """The one message that is there, since `bb publish` returns once it is."""
    method, properties, body = channel.basic_get(queue, auto_ack=True)
    assert method is not None, "nothing was published"
    assert channel.basic_get(queue) == (None, None, None)
    return method, properties, body


def payload_of(body):
    """The payload's bytes; it is the last field."""
    return re.fullmatch(rb'.*?"payload":\s*(\{.*\})\s*\}', body, re.DOTALL).group(1)


def publish(bb, *arguments, **options):
    """The id of an event that no schema is asked about."""
    published = bb("publish", "--skip-validation", *arguments, **options)
    assert published.returncode == 0, published.stderr
    return published.stdout.strip()


def test_properties_and_envelope(bb, channel, everything):
    before = datetime.now(timezone.utc).replace(microsecond=0)
    event_id = publish(bb, TYPE, "--json", '{"text":"hello"}')
    method, properties, body = taken(channel, everything)

    assert method.exchange == bb.exchange
    assert method.routing_key == TYPE
    assert properties.content_type == "application/json"
    assert properties.content_encoding == "utf-8"
    assert properties.delivery_mode == 2
    assert properties.message_id == event_id
    assert properties.correlation_id is None

    envelope = json.loads(body)
    assert list(envelope) == FIELDS
    assert envelope["event_id"] == event_id == str(uuid.UUID(event_id))
    assert envelope["event_type"] == TYPE
    assert envelope["version"] == "1.0.0"
    assert envelope["timestamp"].endswith("Z")
    told = datetime.fromisoformat(envelope["timestamp"].replace("Z", "+00:00"))
    assert before <= told <= datetime.now(timezone.utc)
    assert list(envelope["source"]) == ["host", "type", "app", "meta"]
    assert envelope["source"]["host"] == socket.gethostname()
    assert envelope["source"]["type"] == "manual"
    assert envelope["source"]["meta"] is None
    assert envelope["correlation_ids"] == []
    assert envelope["agent_context"] is None
    assert envelope["payload"] == {"text": "hello"}


def test_everything_that_can_be_given(bb, channel, everything):
    given = str(uuid.uuid4())
    printed = publish(
        bb,
        *[TYPE, "--json", "{}", "--event-id", given, "-c", PARENTS[0]],
        *["--correlation-id", PARENTS[1], "--source-type", "agent"],
        *["--source-app", "tonny", "--source-host", "kitchen"],
    )
    _, properties, body = taken(channel, everything)
    envelope = json.loads(body)
    assert printed == envelope["event_id"] == properties.message_id == given
    assert envelope["correlation_ids"] == PARENTS
    assert properties.correlation_id == PARENTS[0]
    source = {"host": "kitchen", "type": "agent", "app": "tonny", "meta": None}
    assert envelope["source"] == source


@pytest.mark.parametrize("payload", PAYLOADS)
def test_payload_bytes_pass_through(bb, channel, everything, payload):
    publish(bb, TYPE, "--json", payload)
    _, _, body = taken(channel, everything)
    assert payload_of(body) == payload.encode()


def test_each_source_of_a_payload(bb, channel, everything):
    payload = b'{"n":1.10}'
    file = bb.folder / "payload.json"
    file.write_bytes(payload)
    for arguments in (
        ["--json", payload.decode()],
        ["--json", f"@{file}"],
        ["--json", "-"],
        ["--payload-file", file],
        ["--payload-file", "payload.json"],
        ["--payload-file", "-"],
    ):
        publish(bb, TYPE, *arguments, stdin=payload)
        assert payload_of(taken(channel, everything)[2]) == payload, arguments


def envelope_text(event_type=TYPE, payload='{"n":1.10}', **changes):
    """An envelope as another service writes it."""
    envelope = {
        "event_id": str(uuid.uuid4()),
        "event_type": event_type,
        "timestamp": "2026-01-27T10:15:30.123456Z",
        "version": "1.0.0",
        "source": {"host": "kitchen", "type": "agent", "app": None, "meta": {"k": [1]}},
        "correlation_ids": PARENTS,
        "agent_context": {"type": "custom", "name": "tonny"},
        **changes,
        "payload": "PAYLOAD",
    }
    text = json.dumps(envelope, ensure_ascii=False, separators=(",", ":"))
    return text.replace('"PAYLOAD"', payload)


@pytest.mark.parametrize("way", ["--envelope-file FILE", "--envelope-file -", "--envelope-json"])
def test_an_envelope_is_published_as_it_is(bb, channel, everything, way):
    text = envelope_text()
    file = bb.folder / "envelope.json"
    file.write_text(text)
    option, _, value = way.partition(" ")
    value = {"FILE": file, "-": "-", "": text}[value]
    printed = publish(bb, option, value, stdin=text.encode())
    method, properties, body = taken(channel, everything)
    sent, received = json.loads(text), json.loads(body)
    assert received == sent
    assert list(received) == FIELDS
    assert payload_of(body) == b'{"n":1.10}'
    assert method.routing_key == TYPE
    assert printed == properties.message_id == sent["event_id"]
    assert properties.correlation_id == PARENTS[0]


def test_unknown_fields_of_an_envelope_are_kept(bb, channel, everything):
    text = envelope_text(trace_id="abc", extra={"deep": [1]})
    publish(bb, "--envelope-json", text)
    received = json.loads(taken(channel, everything)[2])
    assert received == json.loads(text)


def test_the_exchange_is_a_durable_topic_named_by_the_contract(bb, channel):
    # Not a type that test_service_consumer.py, which may run now, listens to.
    refused = bb("publish", "llm.prompt", "--mock", EXCHANGE_NAME=None)
    assert refused.returncode in (0, 6), refused.stderr  # 6: nobody listens there
    channel.exchange_declare("bloodbank.events.v1", "topic", durable=True)


def test_bb_receives_what_others_publish(bb, channel, everything):
    subscriber = bb.subscribe("transcription.voice.*", "--count", "2", "-o", "ndjson")
    events = [envelope_text(), envelope_text(payload=PAYLOADS[2])]
    channel.basic_publish(bb.exchange, "llm.prompt", envelope_text("llm.prompt").encode())
    for text in events:
        properties = pika.BasicProperties(content_type="application/json", delivery_mode=2)
        channel.basic_publish(bb.exchange, TYPE, text.encode(), properties)
    output, _ = subscriber.communicate(timeout=PATIENCE_S)
    assert subscriber.returncode == 0
    lines = output.splitlines()
    assert [json.loads(line) for line in lines] == [json.loads(text) for text in events]
    for line, text in zip(lines, events):
        assert payload_of(line.encode()) == payload_of(text.encode())


def test_what_subscribe_prints_publish_reads_back(bb, channel, everything):
    subscriber = bb.subscribe("#", "--count", "1", "-o", "ndjson")
    publish(bb, TYPE, "--json", PAYLOADS[1], "-c", PARENTS[0])
    _, _, first = taken(channel, everything)
    output, _ = subscriber.communicate(timeout=PATIENCE_S)

    publish(bb, "--envelope-file", "-", stdin=output.encode())
    _, properties, second = taken(channel, everything)
    assert second == first
    assert properties.correlation_id == PARENTS[0]


def test_a_named_queue_keeps_events_while_nobody_is_there(bb, channel, unique, everything):
    queue = unique("queue")
    subscribe = ["transcription.#", "--queue", queue, "--count", "1", "-o", "ndjson"]
    for body in ('{"n":1}', '{"n":2}'):
        subscriber = bb.subscribe(*subscribe)
        publish(bb, TYPE, "--json", body)
        subscriber.communicate(timeout=PATIENCE_S)
        assert subscriber.returncode == 0
    assert channel.queue_declare(queue, durable=True).method.message_count == 0

    publish(bb, TYPE, "--json", '{"n":3}')
    publish(bb, TYPE, "--json", '{"n":4}')
    late = bb("subscribe", *subscribe, "--timeout", f"{PATIENCE_S}s")
    assert json.loads(late.stdout)["payload"] == {"n": 3}
    # The one that was not asked for is still there.
    assert json.loads(get_when_there(channel, queue)[2])["payload"] == {"n": 4}
    channel.queue_delete(queue)


def test_amqp_publish_reaches_bb(broker, bb, everything):
    """A shell script with rabbitmq-c's tools and no Bloodbank."""
    subscriber = bb.subscribe("transcription.voice.*", "--count", "1", "-o", "ndjson")
    text = envelope_text()
    subprocess.run(
        ["amqp-publish", f"--url={broker.url}", "-e", bb.exchange, "-r", TYPE, "-b", text],
        check=True,
        timeout=PATIENCE_S,
    )
    output, _ = subscriber.communicate(timeout=PATIENCE_S)
    assert json.loads(output) == json.loads(text)
