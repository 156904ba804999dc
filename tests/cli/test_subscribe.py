"""`bb subscribe`: what is passed over, checked and kept as files."""

import json

import pytest

from bb_pytest import PATIENCE_S

TYPE = "kitchen.kettle.boiled"
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "https://example.com/kitchen/kettle.v1.schema.json",
    "type": "object",
    "properties": {"cups": {"type": "integer"}},
    "required": ["cups"],
}


@pytest.fixture
def schemas(bb):
    folder = bb.folder / "schemas" / "kitchen" / "events"
    folder.mkdir(parents=True)
    (folder / f"{TYPE}.v1.schema.json").write_text(json.dumps(SCHEMA))


@pytest.fixture
def exchange(bb, channel):
    yield bb.exchange
    bb.stop_all()
    channel.exchange_delete(bb.exchange)


def publish(bb, event_type, payload):
    done = bb("publish", event_type, "--skip-validation", "--json", json.dumps(payload), "-o", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["event_id"]


def test_ignore_passes_events_over(bb, exchange):
    process = bb.subscribe("#", "--ignore", "a.#", "--ignore", "*.b", "--count", "1", "-o", "ndjson")
    for event_type in ("a.x.y", "x.b", "x.c"):
        publish(bb, event_type, {})
    output, _ = process.communicate(timeout=PATIENCE_S)
    assert [json.loads(line)["event_type"] for line in output.splitlines()] == ["x.c"]


def test_dump_writes_a_file_for_each_event(bb, exchange):
    process = bb.subscribe("#", "--dump", "events", "--count", "2")
    ids = [publish(bb, "a.b", {"n": n}) for n in range(2)]
    output, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0 and output == ""
    files = sorted((bb.folder / "events").iterdir())
    assert sorted(json.loads(file.read_text())["event_id"] for file in files) == sorted(ids)
    read_back = bb("publish", "--envelope-file", files[0], "--dry-run", "--skip-validation")
    assert read_back.returncode == 0, read_back.stderr


def test_dump_into_nowhere_is_told_before_anything_is_received(bb):
    done = bb("subscribe", "#", "--dump", "no/such/folder")
    assert done.returncode == 1
    assert "no/such/folder" in done.stderr


def test_validate_tells_what_is_not_valid(bb, schemas, exchange):
    process = bb.subscribe("#", "--validate", "--count", "3", "-o", "ndjson")
    publish(bb, TYPE, {"cups": 2})
    bad = publish(bb, TYPE, {"cups": "two"})
    publish(bb, "kitchen.tea.made", {})
    output, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 5
    assert len(output.splitlines()) == 3, "what is not valid is printed as well"
    assert bad in errors and "/payload/cups" in errors
    assert "no schema for 'kitchen.tea.made'" in errors


def test_a_service_dead_letters_what_is_not_valid(bb, schemas, exchange, channel):
    queue = f"{bb.exchange}.svc"
    process = bb.start(
        "subscribe", "#", "--service", "svc", "--validate", "--exec", "cat >> handled",
        "--count", "2", "--timeout", f"{PATIENCE_S}s",
    )  # fmt: skip
    assert "receives" in process.stderr.readline()
    publish(bb, TYPE, {"cups": "two"})
    publish(bb, TYPE, {"cups": 2})
    assert process.wait(PATIENCE_S) == 0
    assert json.loads((bb.folder / "handled").read_text())["payload"] == {"cups": 2}
    method, properties, _ = channel.basic_get(f"{queue}.dlq", auto_ack=True)
    assert method, "it is a dead letter"
    assert properties.headers["bb-reason"] == "rejected"
    assert "/payload/cups" in properties.headers["bb-error"]
    for name in (queue, f"{queue}.dlq"):
        channel.queue_delete(name)
