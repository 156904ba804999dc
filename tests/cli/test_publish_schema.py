"""`bb publish` and the schemas: what is let through, what is refused, and what is said."""

import json
import os
import pty
import re
import select
import subprocess
import time

import pytest

from bb_pytest import PATIENCE_S

TYPE = "kitchen.kettle.boiled"
OK, FAILURE, USAGE, INVALID = 0, 1, 2, 5
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "https://example.com/kitchen/kettle.v1.schema.json",
    "x-bloodbank": {"event_type": TYPE},
    "type": "object",
    "properties": {
        "degrees": {"type": "number", "maximum": 100},
        "at": {"type": "string", "format": "date-time"},
    },
    "required": ["degrees"],
    "examples": [{"degrees": 100.0, "at": "2026-01-27T10:15:30Z"}, {"degrees": 99}],
}
COMMON = {"$id": "https://example.com/common.json", "$defs": {"cups": {"minimum": 1}}}


def write_schema(folder, name, schema):
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(schema if isinstance(schema, str) else json.dumps(schema))


@pytest.fixture
def schemas(bb):
    """`./schemas` of the program, which it finds by itself."""
    folder = bb.folder / "schemas"
    write_schema(folder, f"kitchen/events/{TYPE}.v1.schema.json", SCHEMA)
    second = {**SCHEMA, "$id": "https://example.com/kitchen/kettle.v2.schema.json"}
    second["required"] = ["degrees", "cups"]
    second["properties"] = {"cups": {"$ref": "../../common/schemas/common.json#/$defs/cups"}}
    del second["examples"]
    write_schema(folder, f"kitchen/events/{TYPE}.v2.schema.json", second)
    write_schema(folder, "common/schemas/common.json", COMMON)
    made = {
        "$id": "https://example.com/kitchen/made.json",
        "x-bloodbank": {"event_type": "kitchen.tea.made", "routing_key": "kitchen.tea.{how}"},
        "properties": {"how": {"type": "string"}},
    }
    write_schema(folder, "kitchen/events/kitchen.tea.made.v1.schema.json", made)
    write_schema(folder, "kitchen/events/kitchen.oven.broken.v1.schema.json", '{"type": 7}')
    return folder


@pytest.fixture
def nothing_published(channel, everything):
    yield
    assert channel.basic_get(everything) == (None, None, None)


def publish_one(bb, *arguments, **options):
    return bb("publish", TYPE, "--schema-version", "1", *arguments, **options)


def test_a_valid_payload_is_published_untouched(bb, schemas, channel, everything):
    published = publish_one(bb, "--json", '{ "degrees": 1.0e2 }')
    assert published.returncode == OK, published.stderr
    _, properties, body = channel.basic_get(everything, auto_ack=True)
    assert b'"payload":{ "degrees": 1.0e2 }' in body
    assert published.stdout == f"{properties.message_id}\n"


def test_json_output_names_the_schema(bb, schemas, everything):
    published = publish_one(bb, "--json", '{"degrees":1}', "-o", "json")
    assert json.loads(published.stdout)["schema"] == SCHEMA["$id"]
    skipped = bb("publish", TYPE, "--json", "{}", "--skip-validation", "-o", "json")
    assert json.loads(skipped.stdout)["schema"] is None


def test_every_violation_is_told_and_nothing_published(bb, schemas, nothing_published):
    payload = '{\n  "degrees": 101,\n  "at": "noon"\n}'
    (bb.folder / "kettle.json").write_text(payload)
    for arguments, name in (
        (["--payload-file", "kettle.json"], "kettle.json"),
        (["--json", payload], "--json"),
        (["--json", "-"], "standard input"),
    ):
        refused = publish_one(bb, *arguments, stdin=payload.encode())
        assert (refused.returncode, refused.stdout) == (INVALID, "")
        assert SCHEMA["$id"] in refused.stderr
        assert f"{name}:2:14: /degrees: " in refused.stderr
        assert f"{name}:3:9: /at: " in refused.stderr


def envelope(payload, event_type=TYPE):
    return (
        '{"event_id":"887ed157-cb79-56b6-a925-42f0594a8263",'
        f'"event_type":"{event_type}","timestamp":"2026-01-27T10:15:30Z",\n'
        '"version":"1.0.0","source":{"host":"h","type":"manual"},\n'
        f'"payload":\n  {payload}}}'
    )


def test_places_in_an_envelope_are_those_of_its_file(bb, schemas, nothing_published):
    good, bad = envelope('{"degrees":1}'), envelope('{"degrees":101}')
    (bb.folder / "events").write_text(f"{good}\n\n{bad}\n")
    refused = bb("publish", "--envelope-file", "events", "--schema-version", "1")
    assert (refused.returncode, refused.stdout) == (INVALID, "")
    assert "events:9:14: /payload/degrees: " in refused.stderr


def test_no_schema_is_refused_with_tips(bb, schemas, nothing_published):
    refused = bb("publish", "kitchen.kettle.boilt", "--json", "{}")
    assert (refused.returncode, refused.stdout) == (INVALID, "")
    for said in (
        TYPE,
        "--permissive-validation",
        "schemas/kitchen/events/kitchen.kettle.boilt.v1.schema.json",
        "bb list-events",
    ):
        assert said in refused.stderr, said


def test_permissive_publishes_a_type_without_a_schema(bb, schemas, everything):
    published = bb("publish", "hello.world", "--json", "{}", "--permissive-validation")
    assert published.returncode == OK
    assert len(published.stderr.splitlines()) == 1
    assert "hello.world" in published.stderr
    assert publish_one(bb, "--json", "{}", "--permissive-validation").returncode == INVALID


def test_skipping_looks_at_no_schema(bb, schemas, everything):
    for event_type in (TYPE, "hello.world", "kitchen.oven.broken"):
        published = bb("publish", event_type, "--json", "{}", "--skip-validation")
        assert (published.returncode, published.stderr) == (OK, "")


def test_a_broken_schema_is_no_invalid_payload(bb, schemas, nothing_published):
    for more in ([], ["--permissive-validation"]):
        failed = bb("publish", "kitchen.oven.broken", "--json", "{}", *more)
        assert (failed.returncode, failed.stdout) == (FAILURE, "")
        assert "kitchen.oven.broken.v1.schema.json" in failed.stderr


def test_the_newest_schema_counts_unless_one_is_asked_for(bb, schemas, everything):
    published = ["publish", TYPE, "--json", '{"degrees":1}']
    assert bb(*published).returncode == INVALID
    assert bb(*published, "--schema-version", "1").returncode == OK
    assert bb("publish", TYPE, "--json", '{"degrees":1,"cups":0}').returncode == INVALID
    assert bb("publish", TYPE, "--json", '{"degrees":1,"cups":1}').returncode == OK
    assert bb(*published, "--schema-version", "3").returncode == INVALID


def test_schemas_come_from_flag_then_environment_then_discovery(bb, schemas, everything, tmp_path):
    empty = tmp_path / "other"
    write_schema(empty, "x/events/x.y.v1.schema.json", {"x-bloodbank": {"event_type": "x.y"}})
    known = ["publish", TYPE, "--json", '{"degrees":1}', "--schema-version", "1"]
    assert bb(*known).returncode == OK
    assert bb(*known, HOLYFIELDS_PATH=str(empty)).returncode == INVALID
    assert bb(*known, "--schemas", schemas, HOLYFIELDS_PATH=str(empty)).returncode == OK
    assert bb(*known, "--schemas", "nowhere").returncode == FAILURE


def test_mock_is_the_first_example(bb, schemas, channel, everything):
    published = publish_one(bb, "--mock")
    assert published.returncode == OK, published.stderr
    _, _, body = channel.basic_get(everything, auto_ack=True)
    assert json.loads(body)["payload"] == SCHEMA["examples"][0]


def test_mock_without_an_example(bb, schemas, nothing_published):
    failed = bb("publish", TYPE, "--mock")
    assert (failed.returncode, failed.stdout) == (FAILURE, "")
    assert "no examples" in failed.stderr
    assert bb("publish", "x.y", "--mock").returncode == INVALID
    assert bb("publish", TYPE, "--mock", "--json", "{}").returncode == USAGE


def test_an_event_type_filled_from_the_payload(bb, schemas, channel, everything):
    payload = '{"what":"kettle","how":"boiled","degrees":1}'
    arguments = ["--json", payload, "--schema-version", "1"]
    assert bb("publish", "kitchen.{what}.{how}", *arguments).returncode == OK
    method, _, body = channel.basic_get(everything, auto_ack=True)
    assert method.routing_key == json.loads(body)["event_type"] == TYPE
    for payload, said in (("{}", '"what"'), ('{"what":7,"how":"x"}', '"what" is 7')):
        refused = bb("publish", "kitchen.{what}.{how}", "--json", payload)
        assert (refused.returncode, refused.stdout) == (INVALID, "")
        assert said in refused.stderr
    assert bb("publish", "kitchen.{what", "--json", "{}").returncode == USAGE


def test_a_payload_may_not_contradict_its_routing_key(bb, schemas, everything):
    assert bb("publish", "kitchen.tea.made", "--json", '{"how":"made"}').returncode == OK
    refused = bb("publish", "kitchen.tea.made", "--json", '{"how":"drunk"}')
    assert refused.returncode == INVALID
    assert "kitchen.tea.drunk" in refused.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--json", "{}", "--skip-validation", "--permissive-validation"],
        ["--json", "{}", "--skip-validation", "--schema-version", "1"],
        ["--json", "{}", "--schema-version", "0"],
        ["--json", "{}", "--on-error", "skip"],
        ["--json", "{}", "--envelopes"],
    ],
)
def test_options_that_do_not_go_together(bb, nothing_published, arguments):
    refused = bb("publish", TYPE, *arguments)
    assert (refused.returncode, refused.stdout) == (USAGE, "")
    assert len(refused.stderr.splitlines()) == 1


def at_a_terminal(bb, *arguments, **settings):
    """What the program writes to a terminal, stdout and stderr being the same."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [bb.executable, *map(str, arguments)],
        cwd=bb.folder,
        env={**bb.environment, "TERM": "xterm", **settings},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    seen = b""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and select.select([ours], [], [], PATIENCE_S)[0]:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        seen += piece
    os.close(ours)
    return process.wait(PATIENCE_S), seen.decode().replace("\r\n", "\n")


def test_dry_run_is_in_colour_at_a_terminal_alone(bb, schemas, nothing_published):
    arguments = ["publish", TYPE, "--json", '{"degrees":1.0e1}', "--schema-version", "1"]
    arguments.append("--dry-run")
    code, shown = at_a_terminal(bb, *arguments)
    assert code == OK
    assert "\x1b[" in shown
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert json.loads(plain)["payload"] == {"degrees": 10.0}
    assert "1.0e1" in plain
    _, shown = at_a_terminal(bb, *arguments, NO_COLOR="1")
    assert "\x1b" not in shown and len(shown.splitlines()) == 1


def test_a_person_is_told_the_schema_and_the_id(bb, schemas, everything):
    code, shown = at_a_terminal(bb, *["publish", TYPE, "--mock", "--schema-version", "1"])
    assert code == OK
    event_id = shown.splitlines()[0]
    summary = re.sub(r"\x1b\[[0-9;]*m", "", shown.splitlines()[1])
    assert event_id in summary and SCHEMA["$id"] in summary and TYPE in summary
    _, shown = at_a_terminal(bb, *["publish", TYPE, "--json", "{}", "--skip-validation"])
    assert "not validated" in shown
    _, shown = at_a_terminal(bb, *["publish", TYPE, "--json", "{}", "--skip-validation", "-q"])
    assert len(shown.splitlines()) == 1
