"""Events in the forms of others: W3C Trace Context in headers, CloudEvents in both modes."""

import json
import re
import uuid

import pika
import pytest

from bb_pytest import PATIENCE_S, get_when_there

PUBLISH = ("publish", "--skip-validation", "--quiet")
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
EVENT = "test.form.sent"


def sent(bb, channel, queue, *options, **settings):
    """The message that `bb publish` makes: id, properties, body."""
    done = bb(*PUBLISH, EVENT, "--json", '{"n": 1.50}', *options, **settings)
    assert done.returncode == 0, done.stderr
    _, properties, body = get_when_there(channel, queue)
    return done.stdout.strip(), properties, body


def test_a_trace_of_the_environment_goes_on_in_the_headers(bb, channel, everything):
    _, properties, _ = sent(bb, channel, everything, TRACEPARENT=PARENT, TRACESTATE="rojo=1,a=b")
    step = re.fullmatch(f"00-{TRACE}-([0-9a-f]{{16}})-01", properties.headers["traceparent"])
    assert step and step.group(1) != "00f067aa0ba902b7", "a step of its own"
    assert properties.headers["tracestate"] == "rojo=1,a=b"
    _, again, _ = sent(bb, channel, everything, "--traceparent", PARENT)
    assert again.headers["traceparent"] != properties.headers["traceparent"]
    assert "tracestate" not in again.headers
    _, properties, _ = sent(bb, channel, everything, TRACEPARENT="nonsense")
    assert not properties.headers
    assert bb(*PUBLISH, EVENT, "--json", "{}", "--traceparent", "nonsense").returncode == 2


WRONG_STATES = ["a=b\nc=d", "a=b\tc", "a=" + "x" * 600, "nonsense", "a=b,c", "ü=1", "A=1"]


def test_a_wrong_state_is_an_error_as_an_option_alone(bb, channel, everything):
    trace = ("--traceparent", PARENT)
    for state in WRONG_STATES:
        done = bb(*PUBLISH, EVENT, "--json", "{}", *trace, "--tracestate", state)
        assert done.returncode == 2 and "--tracestate" in done.stderr, state
        _, properties, _ = sent(bb, channel, everything, TRACEPARENT=PARENT, TRACESTATE=state)
        assert "tracestate" not in properties.headers
    _, properties, _ = sent(bb, channel, everything, *trace, "--tracestate", "a=b, c@d=e")
    assert properties.headers["tracestate"] == "a=b, c@d=e"
    _, properties, _ = sent(bb, channel, everything, "--tracestate", "a=b", TRACEPARENT=PARENT)
    assert properties.headers["tracestate"] == "a=b"
    for settings in ({}, {"TRACEPARENT": "nonsense"}):
        done = bb(*PUBLISH, EVENT, "--json", "{}", "--tracestate", "a=b", **settings)
        assert done.returncode == 2 and "--traceparent" in done.stderr


def test_a_command_gets_a_step_of_its_own(bb, channel, unique):
    service = bb.start(
        "subscribe", EVENT, "--service", "svc", "--count", "2", "--timeout", f"{PATIENCE_S}s",
        "--exec", 'echo "$TRACEPARENT|$TRACESTATE" >> log', TRACEPARENT=PARENT,
    )
    assert "receives" in service.stderr.readline()
    for settings in ({"TRACEPARENT": PARENT, "TRACESTATE": "a=b"}, {}):
        done = bb(*PUBLISH, EVENT, "--json", "{}", **settings)
        assert done.returncode == 0, done.stderr
    assert service.wait(PATIENCE_S) == 0
    traced, untraced = sorted((bb.folder / "log").read_text().splitlines(), reverse=True)[:2]
    if not traced.startswith("00-"):
        traced, untraced = untraced, traced
    assert re.fullmatch(rf"00-{TRACE}-[0-9a-f]{{16}}-01\|a=b", traced)
    assert untraced == "|", "the trace of the service is not that of the event"
    for name in (f"{bb.exchange}.svc", f"{bb.exchange}.svc.dlq"):
        channel.queue_delete(name)
    channel.exchange_delete(bb.exchange)


def test_cloudevents_in_binary_mode(bb, channel, everything):
    parents = [str(uuid.uuid4()) for _ in range(2)]
    event, properties, body = sent(
        bb, channel, everything, "--cloudevents", "binary", "-c", parents[0], "-c", parents[1],
        "--source-host", "zeus", "--source-app", "app 1",
    )
    assert json.loads(body) == {"n": 1.5} and b"1.50" in body
    headers = properties.headers
    assert headers["cloudEvents_specversion"] == "1.0"
    assert headers["cloudEvents_id"] == event == properties.message_id
    assert headers["cloudEvents_type"] == EVENT
    assert headers["cloudEvents_source"] == "//zeus/app%201"
    assert headers["cloudEvents_causationid"] == parents[0] == properties.correlation_id
    assert headers["cloudEvents_causationids"] == ",".join(parents)
    assert properties.content_type == "application/json"


def test_cloudevents_in_structured_mode(bb, channel, everything):
    event, properties, body = sent(bb, channel, everything, "--cloudevents", "structured")
    assert properties.content_type == "application/cloudevents+json"
    cloud = json.loads(body)
    assert cloud["specversion"] == "1.0" and cloud["id"] == event and cloud["type"] == EVENT
    assert cloud["data"] == {"n": 1.5} and b"1.50" in body


@pytest.mark.parametrize("mode", ["binary", "structured"])
def test_both_modes_are_understood(bb, channel, mode):
    reader = bb.subscribe("test.#", "--count", "1", "-o", "ndjson")
    parent = str(uuid.uuid4())
    done = bb(*PUBLISH, EVENT, "--json", '{"n": 1.50}', "--cloudevents", mode, "-c", parent,
              "--source-type", "agent")
    assert done.returncode == 0, done.stderr
    assert reader.wait(PATIENCE_S) == 0
    line = reader.stdout.read()
    event = json.loads(line)
    assert event["event_id"] == done.stdout.strip() and event["event_type"] == EVENT
    assert event["correlation_ids"] == [parent]
    assert event["source"]["type"] == "agent"
    assert '"n":1.50' in line
    channel.exchange_delete(bb.exchange)


def test_cloudevents_of_others_are_understood(bb, channel):
    reader = bb.subscribe("#", "--count", "2", "-o", "ndjson")
    structured = {
        "specversion": "1.0", "id": "A234-1234-1234", "source": "/mill", "time": "2018-04-05T17:31:00Z",
        "type": "com.example.ground", "subject": "wheat", "data": {"kg": 5},
    }
    channel.basic_publish(
        bb.exchange, "com.example.ground", json.dumps(structured),
        pika.BasicProperties(content_type="application/cloudevents+json"),
    )
    headers = {f"cloudEvents:{name}": value for name, value in structured.items() if name != "data"}
    channel.basic_publish(
        bb.exchange, "com.example.ground", '{"kg": 5}', pika.BasicProperties(headers=headers)
    )
    assert reader.wait(PATIENCE_S) == 0
    events = [json.loads(line) for line in reader.stdout.read().splitlines()]
    assert events[0]["event_id"] == events[1]["event_id"], "it follows from source and id"
    for event in events:
        assert event["event_type"] == "com.example.ground"
        assert event["source"]["host"] == "/mill" and event["payload"] == {"kg": 5}
        assert event["cloudevents_id"] == "A234-1234-1234" and event["subject"] == "wheat"
        assert event["timestamp"].startswith("2018-04-05T17:31:00")
    channel.exchange_delete(bb.exchange)
