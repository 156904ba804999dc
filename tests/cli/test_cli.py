"""Commands that talk to a broker, as the user of a shell meets them: what they
print, where, and their exit codes. Bad input: one clear line, nothing published."""

import json
import os
import signal
import socket
import subprocess
import uuid

import pytest

from bb_pytest import PATIENCE_S

TYPE = "transcription.voice.completed"
OK, FAILURE, USAGE, REFUSED, INVALID, UNROUTABLE, UNREACHABLE = 0, 1, 2, 4, 5, 6, 7
INTERRUPTED = 130

# Most of what is here is about anything but schemas, which test_publish_schema.py is about.
UNCHECKED = "--skip-validation"
PUBLISH = ["publish", TYPE, "--json", "{}", UNCHECKED]


def assert_one_line(process, exit_code, *said):
    """One line on stderr, which holds each of `said`; nothing on stdout."""
    assert process.returncode == exit_code, process.stderr
    assert process.stdout == ""
    assert len(process.stderr.splitlines()) == 1, process.stderr
    for words in said:
        assert words.lower() in process.stderr.lower(), process.stderr


@pytest.fixture
def nothing_published(channel, everything):
    """Asserts, after the test, that the exchange saw no message."""
    yield
    assert channel.basic_get(everything) == (None, None, None)


ENVELOPE = {
    "event_id": "887ed157-cb79-56b6-a925-42f0594a8263",
    "event_type": TYPE,
    "timestamp": "2026-01-27T10:15:30Z",
    "version": "1.0.0",
    "source": {"host": "kitchen", "type": "manual", "app": None, "meta": None},
    "correlation_ids": [],
    "agent_context": None,
    "payload": {},
}

BAD_INPUT = {
    # No broker there is read; the arguments are wrong already.
    "unknown option": (["publish", TYPE, "--jsn", "{}"], USAGE, ["--jsn", "--json"]),
    "unknown command": (["pubish", TYPE, "--json", "{}"], USAGE, ["pubish", "publish"]),
    "no payload": (["publish", TYPE], USAGE, ["--json", "--payload-file", "--envelope-file"]),
    "two payloads": (
        ["publish", TYPE, "--json", "{}", "--payload-file", "x.json"],
        USAGE,
        ["--json", "--payload-file"],
    ),
    "no event type": (["publish", "--json", "{}"], USAGE, ["EVENT_TYPE"]),
    "bad event type": (["publish", "Voice Completed", "--json", "{}"], USAGE, ["Voice Completed"]),
    "wrong UUID": (["publish", TYPE, "--json", "{}", "--event-id", "42"], USAGE, ["42", "UUID"]),
    "wrong parent UUID": (["publish", TYPE, "--json", "{}", "-c", "nope"], USAGE, ["nope", "UUID"]),
    "wrong source type": (
        ["publish", TYPE, "--json", "{}", "--source-type", "robot"],
        USAGE,
        ["robot", "manual", "agent", "scheduled", "file_watch", "hook"],
    ),
    "invalid JSON": (
        ["publish", TYPE, "--json", '{\n  "a": 1,\n  "b": tru\n}'],
        INVALID,
        ["line 3", "column"],
    ),
    "two values": (["publish", TYPE, "--json", "{} {}"], INVALID, ["line 1", "column 4"]),
    "payload is an array": (["publish", TYPE, "--json", "[1]"], INVALID, ["object"]),
    "payload is a string": (["publish", TYPE, "--json", '"text"'], INVALID, ["object"]),
    "payload is empty": (["publish", TYPE, "--json", ""], INVALID, []),
    "no such file": (
        ["publish", TYPE, "--payload-file", "missing.json"],
        FAILURE,
        ["missing.json", "No such file"],
    ),
    "a folder for a file": (["publish", TYPE, "--payload-file", "."], FAILURE, ["directory"]),
    "envelope that is not one": (["publish", "--envelope-json", "{}"], INVALID, ["event_id"]),
    "envelope with a wrong id": (
        ["publish", "--envelope-json", json.dumps({**ENVELOPE, "event_id": "42"})],
        INVALID,
        ["/event_id", "UUID", "42"],
    ),
    "envelope with every fault": (
        [
            *["publish", "--envelope-json"],
            json.dumps({**ENVELOPE, "timestamp": "now", "source": {"type": "robot"}, "payload": []}),
        ],
        INVALID,
        ["/timestamp", "/source/host", "/source/type", "/payload"],
    ),
    "bad URL": ([*PUBLISH, "--url", "amqp://host:port/"], USAGE, ["port"]),
    "URL of something else": (
        [*PUBLISH, "--url", "http://127.0.0.1/"],
        USAGE,
        ["amqp"],
    ),
    "duration without unit": (["subscribe", "#", "--timeout", "10"], USAGE, ["10", "s"]),
    "count of nothing": (["subscribe", "#", "--count", "none"], USAGE, ["--count", "none"]),
    "no pattern": (["subscribe"], USAGE, ["PATTERN"]),
    "unknown output": (["subscribe", "#", "-o", "xml"], USAGE, ["xml", "ndjson"]),
}


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input(bb, nothing_published, case):
    arguments, exit_code, said = BAD_INPUT[case]
    assert_one_line(bb(*arguments), exit_code, *said)


def test_unreadable_file(bb, nothing_published):
    file = bb.folder / "secret.json"
    file.write_text("{}")
    file.chmod(0)
    if os.geteuid() == 0:
        # Root may read anything; a loop of links not even root can follow.
        file.unlink()
        file.symlink_to(file)
    assert_one_line(bb("publish", TYPE, "--payload-file", file), FAILURE, "secret.json")


def test_no_broker(bb, nothing_published):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"amqp://guest:secret@127.0.0.1:{held.getsockname()[1]}/"
        for arguments in ([*PUBLISH, "--spool", "never"], ["subscribe", "#"]):
            failed = bb(*arguments, RABBIT_URL=url)
            assert_one_line(failed, UNREACHABLE, "127.0.0.1", "refused")
            assert "secret" not in failed.stderr


def test_unknown_host(bb, nothing_published):
    failed = bb(*PUBLISH, "--spool", "never", RABBIT_URL="amqp://nowhere.invalid/")
    assert_one_line(failed, UNREACHABLE, "nowhere.invalid")


def test_wrong_password(bb, broker, nothing_published):
    url = broker.url.replace("guest:guest@", "guest:pass-word@")
    for arguments in (PUBLISH, ["subscribe", "#"]):
        failed = bb(*arguments, RABBIT_URL=url)
        assert_one_line(failed, REFUSED, "guest")
        assert "pass-word" not in failed.stderr


def test_unknown_vhost(bb, broker, nothing_published):
    failed = bb(*PUBLISH, RABBIT_URL=f"{broker.url}/nowhere")
    assert_one_line(failed, REFUSED, "nowhere")


def test_a_peer_that_is_no_broker(bb, nothing_published):
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"amqp://127.0.0.1:{server.getsockname()[1]}/"
        process = bb.start(*PUBLISH, RABBIT_URL=url)
        peer, _ = server.accept()
        with peer:
            peer.recv(8)
            peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        _, stderr = process.communicate(timeout=PATIENCE_S)
    assert process.returncode != OK
    assert len(stderr.splitlines()) == 1, stderr


def test_nobody_listens(bb, channel):
    refused = bb(*PUBLISH)
    assert refused.returncode == UNROUTABLE
    assert len(refused.stderr.splitlines()) == 1, refused.stderr
    channel.exchange_delete(bb.exchange)


def test_an_exchange_of_another_kind(bb, channel):
    channel.exchange_declare(bb.exchange, "fanout", durable=True)
    for command in (PUBLISH, ["subscribe", "#"], ["doctor"]):
        failed = bb(*command)
        assert failed.returncode not in (OK, UNROUTABLE), command
        assert "fanout" in failed.stdout + failed.stderr
    channel.exchange_delete(bb.exchange)


def test_publish_prints_the_id_alone(bb, everything):
    published = bb(*PUBLISH)
    assert (published.returncode, published.stderr) == (OK, "")
    assert published.stdout == f"{uuid.UUID(published.stdout.strip())}\n"


def test_publish_prints_json_when_asked(bb, everything):
    given = str(uuid.uuid4())
    published = bb(*PUBLISH, "--event-id", given, "-o", "json")
    assert published.returncode == OK
    assert json.loads(published.stdout)["event_id"] == given


def test_dry_run_publishes_nothing(bb, nothing_published):
    shown = bb("publish", TYPE, UNCHECKED, "--json", '{"n":1.10}', "--dry-run")
    assert shown.returncode == OK
    envelope = json.loads(shown.stdout)
    assert envelope["event_type"] == TYPE
    assert '1.10' in shown.stdout


def test_standard_input_is_read_only_when_asked(bb, everything):
    """Stdin stays open and empty: a program that reads it would wait for ever."""
    process = bb.start(*PUBLISH, stdin=subprocess.PIPE)
    assert process.wait(PATIENCE_S) == OK


def test_settings_come_from_flag_then_environment_then_file(bb, broker, everything):
    (bb.folder / ".env").write_text(f"RABBIT_URL={broker.url}\nEXCHANGE_NAME={bb.exchange}\n")
    publish = PUBLISH
    nowhere = "amqp://nowhere.invalid/"
    assert bb(*publish, RABBIT_URL=None, EXCHANGE_NAME=None).returncode == OK
    assert bb(*publish, RABBIT_URL=nowhere).returncode == UNREACHABLE
    assert bb(*publish, "--url", broker.url, RABBIT_URL=nowhere).returncode == OK


def test_subscribe_prints_readable_lines(bb, everything):
    subscriber = bb.subscribe("transcription.#", "--count", "2")
    for text in ("one", "two"):
        assert bb("publish", TYPE, UNCHECKED, "--json", json.dumps({"text": text})).returncode == OK
    output, _ = subscriber.communicate(timeout=PATIENCE_S)
    assert subscriber.returncode == OK
    first, second = output.splitlines()
    assert TYPE in first and "one" in first
    assert TYPE in second and "two" in second
    assert "\x1b" not in output  # no colour: this is no terminal


def test_subscribe_prints_a_json_array(bb, everything):
    subscriber = bb.subscribe("#", "--count", "2", "-o", "json")
    ids = [bb(*PUBLISH).stdout.strip() for _ in range(2)]
    output, _ = subscriber.communicate(timeout=PATIENCE_S)
    assert [event["event_id"] for event in json.loads(output)] == ids


def test_subscribe_takes_several_patterns_and_prints_an_event_once(bb, everything):
    subscriber = bb.subscribe("llm.*", "#.prompt", "*.voice.*", "--count", "2", "-o", "ndjson")
    for event_type in ("llm.prompt", "github.pr.created", TYPE):
        assert bb("publish", event_type, UNCHECKED, "--json", "{}").returncode == OK
    output, _ = subscriber.communicate(timeout=PATIENCE_S)
    types = [json.loads(line)["event_type"] for line in output.splitlines()]
    assert types == ["llm.prompt", TYPE]


def test_tail_is_subscribe(bb, everything):
    process = bb.start("tail", "#", "--count", "1", "--timeout", f"{PATIENCE_S}s")
    assert "subscribed" in process.stderr.readline().lower()
    assert bb(*PUBLISH).returncode == OK
    output, _ = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, len(output.splitlines())) == (OK, 1)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_subscribe_is_interrupted(bb, everything, how):
    subscriber = bb.subscribe("#")
    subscriber.send_signal(how)
    subscriber.communicate(timeout=PATIENCE_S)
    assert subscriber.returncode == INTERRUPTED


def test_subscribe_ends_with_its_reader(bb, everything):
    """As in `bb subscribe '#' | head -1`."""
    subscriber = bb.subscribe("#", "-o", "ndjson")
    subscriber.stdout.close()
    for _ in range(2):
        assert bb(*PUBLISH).returncode == OK
    assert subscriber.wait(PATIENCE_S) in (OK, INTERRUPTED)


def test_subscribe_survives_what_is_no_event(bb, channel, everything):
    subscriber = bb.subscribe("#", "--count", "2", "-o", "ndjson")
    channel.basic_publish(bb.exchange, "not.an.event", b"\xff{not json")
    assert bb(*PUBLISH).returncode == OK
    output, complaint = subscriber.communicate(timeout=PATIENCE_S)
    assert subscriber.returncode == OK
    assert "not.an.event" in complaint
    stranger, event = (json.loads(line) for line in output.splitlines())
    assert "event_id" not in stranger
    assert event["event_type"] == TYPE


def test_doctor(bb, broker, everything):
    healthy = bb("doctor")
    assert healthy.returncode == OK, healthy.stdout + healthy.stderr
    assert bb.exchange in healthy.stdout
    assert "guest:guest" not in healthy.stdout + healthy.stderr

    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"amqp://127.0.0.1:{held.getsockname()[1]}/"
        assert bb("doctor", RABBIT_URL=url).returncode == UNREACHABLE
    wrong = broker.url.replace("guest:guest@", "guest:wrong@")
    assert bb("doctor", RABBIT_URL=wrong).returncode == REFUSED
