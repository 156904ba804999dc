"""`bb publish --jsonl`: events in bulk."""

import json
import os
import re
import signal
import subprocess
import threading
import time
import uuid

import pytest
from pika import spec

from bb_pytest import PATIENCE_S
from fake_broker import FakeBroker

TYPE = "llm.prompt"
OK, USAGE, PARTIAL, INVALID, UNROUTABLE, UNREACHABLE, INTERRUPTED = 0, 2, 3, 5, 6, 7, 130
BULK = ["publish", TYPE, "--jsonl"]


def payload(number):
    return json.dumps({"prompt": f"question {number}"})


def write_lines(bb, lines, name="lines.jsonl"):
    (bb.folder / name).write_text("".join(f"{line}\n" for line in lines))
    return name


def write_schema(bb, schema):
    """Of oven.on, in ./schemas."""
    folder = bb.folder / "schemas/oven/events"
    folder.mkdir(parents=True, exist_ok=True)
    text = schema if isinstance(schema, str) else json.dumps(schema)
    (folder / "oven.on.v1.schema.json").write_text(text)


def counts(process):
    """(published, failed) as the last line says."""
    found = re.search(r"published (\d+), failed (\d+)\b.*, [\d,]+/s$", process.stderr.strip())
    assert found, process.stderr
    return tuple(map(int, found.groups()))


def bodies(channel, queue):
    """All that was published, in order."""
    received = []
    while True:
        method, properties, body = channel.basic_get(queue, auto_ack=True)
        if method is None:
            return received
        received.append((method.routing_key, properties.message_id, json.loads(body)))


def test_publishes_every_line_in_order(bb, channel, everything):
    name = write_lines(bb, [payload(0), "", "  ", *map(payload, range(1, 500))])
    published = bb(*BULK, name)
    assert (published.returncode, published.stdout) == (OK, ""), published.stderr
    assert counts(published) == (500, 0)
    received = bodies(channel, everything)
    texts = [envelope["payload"]["prompt"] for _, _, envelope in received]
    assert texts == [f"question {number}" for number in range(500)]
    assert all(key == TYPE for key, _, _ in received)
    ids = [event_id for _, event_id, _ in received]
    assert len(set(ids)) == 500
    assert ids == [envelope["event_id"] for _, _, envelope in received]


def test_more_than_may_be_in_flight(bb, channel, everything):
    name = write_lines(bb, map(payload, range(20_000)))
    published = bb(*BULK, name, "--print-ids")
    assert published.returncode == OK, published.stderr
    assert counts(published) == (20_000, 0)
    assert len(set(published.stdout.split())) == 20_000
    count = channel.queue_declare(everything, passive=True).method.message_count
    assert count == 20_000


def test_ids_and_objects_are_printed_when_asked(bb, channel, everything):
    lines = "".join(f"{payload(number)}\n" for number in range(3)).encode()
    plain = bb(*BULK, "-", "--print-ids", stdin=lines)
    assert plain.stdout.split() == [event_id for _, event_id, _ in bodies(channel, everything)]
    objects = bb(*BULK, "-", "-o", "ndjson", "-q", stdin=lines)
    assert objects.stderr == ""
    told = [json.loads(line)["event_id"] for line in objects.stdout.splitlines()]
    assert told == [event_id for _, event_id, _ in bodies(channel, everything)]


def test_the_last_line_needs_no_line_break(bb, everything):
    assert counts(bb(*BULK, "-", stdin=f"{payload(1)}\r\n{payload(2)}".encode())) == (2, 0)


def test_envelopes_are_published_as_they_are(bb, channel, everything):
    made = [bb("publish", TYPE, "--json", payload(number), "--dry-run").stdout for number in (1, 2)]
    made.append(bb("publish", "llm.error", "--mock", "--dry-run").stdout)
    published = bb("publish", "--jsonl", "-", "--envelopes", stdin="".join(made).encode())
    assert published.returncode == OK, published.stderr
    received = bodies(channel, everything)
    assert [envelope for _, _, envelope in received] == [json.loads(text) for text in made]
    assert [key for key, _, _ in received] == [TYPE, TYPE, "llm.error"]


BAD_LINES = ['{"prompt":', "[1]", '{"prompt":1}', '"text"']


def test_stops_at_the_first_bad_line(bb, channel, everything):
    for bad in BAD_LINES:
        name = write_lines(bb, [payload(1), payload(2), "", bad, payload(3)])
        stopped = bb(*BULK, name)
        assert stopped.returncode == PARTIAL
        assert counts(stopped) == (2, 1)
        assert "4" in stopped.stderr.splitlines()[0]
        assert len(bodies(channel, everything)) == 2


def test_skips_bad_lines_when_told(bb, channel, everything):
    name = write_lines(bb, [payload(1), *BAD_LINES, payload(2)])
    skipped = bb(*BULK, name, "--on-error", "skip")
    assert skipped.returncode == PARTIAL
    assert counts(skipped) == (2, 4)
    for line in ("line 2", "line 3", "line 4", "line 5"):
        assert line in skipped.stderr, line
    assert f"{name}:4:11: /prompt" in skipped.stderr
    assert len(bodies(channel, everything)) == 2


def test_a_text_that_the_schema_cannot_be_applied_to_is_a_bad_line(bb_alone):
    schema = {"properties": {"s": {"pattern": r"^(?:(a+)+)+\1$"}}}
    write_schema(bb_alone, schema)
    lines = [{"s": "aa"}, {"s": "a" * 60 + "b"}, {"s": "aa"}]
    text = "".join(json.dumps(line) + "\n" for line in lines).encode()
    arguments = ["publish", "oven.on", "--jsonl", "-", "--dry-run", "--schemas", "schemas"]
    for how, valid in (("skip", 2), ("stop", 1)):
        checked = bb_alone(*arguments, "--on-error", how, stdin=text)
        assert checked.returncode == PARTIAL, checked.stderr
        assert checked.stdout.count("\n") == valid
        assert checked.stderr.startswith("bb: line 2: not checked: oven/events/oven.on.v1.")
        assert f"valid {valid}, failed 1" in checked.stderr


def test_a_schema_that_changes_between_lines_is_seen(bb_alone):
    def says(stream, words):
        while words not in (line := stream.readline()):
            assert line, words
        return line

    write_schema(bb_alone, {"properties": {"n": {"type": "integer"}}})
    arguments = ["publish", "oven.on", "--jsonl", "-", "--dry-run", "--schemas", "schemas"]
    process = bb_alone.start(*arguments, "--on-error", "skip", stdin=subprocess.PIPE)

    def until(text, stream, words):
        """Files are looked at once a second, so that line is written until it is told."""
        ended = threading.Event()

        def write():
            while not ended.wait(0.25):
                process.stdin.write(text + "\n")
                process.stdin.flush()

        writer = threading.Thread(target=write)
        writer.start()
        try:
            return says(stream, words)
        finally:
            ended.set()
            writer.join()

    until('{"n":1}', process.stdout, '"payload":{"n":1}')
    write_schema(bb_alone, {"properties": {"n": {"type": "string"}}})
    until('{"n":1}', process.stderr, "expected a string")
    write_schema(bb_alone, '{"type": 7}')
    assert until('{"n":"x"}', process.stderr, "warning").count("oven.on") > 0
    until('{"n":"y"}', process.stdout, '"payload":{"n":"y"}')
    (bb_alone.folder / "schemas/oven/events/oven.on.v1.schema.json").unlink()
    until('{"n":"z"}', process.stderr, "no schema for 'oven.on'")
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == PARTIAL


def test_bad_lines_are_told_up_to_a_bound(bb, everything):
    name = write_lines(bb, [payload(1), *["{"] * 1000])
    skipped = bb(*BULK, name, "--on-error", "skip")
    assert counts(skipped) == (1, 1000)
    assert "… and 980 more" in skipped.stderr
    assert len(skipped.stderr.splitlines()) == 22


@pytest.mark.parametrize("how", ["stop", "skip"])
def test_nothing_published_is_not_partial(bb, channel, everything, how):
    failed = bb(*BULK, "-", "--on-error", how, stdin=b"{}\n")
    assert (failed.returncode, counts(failed)) == (INVALID, (0, 1))
    assert bodies(channel, everything) == []


def test_a_type_of_no_schema_is_refused_or_let_through(bb, everything):
    lines = b'{"a":1}\n{"a":2}\n'
    refused = bb("publish", "hello.world", "--jsonl", "-", stdin=lines)
    assert (refused.returncode, counts(refused)) == (INVALID, (0, 1))
    arguments = ["publish", "hello.world", "--jsonl", "-", "--permissive-validation"]
    permissive = bb(*arguments, stdin=lines)
    assert (permissive.returncode, counts(permissive)) == (OK, (2, 0))
    assert permissive.stderr.count("hello.world") == 1


def test_nobody_listens(bb, channel):
    failed = bb(*BULK, "-", "--on-error", "skip", stdin=f"{payload(1)}\n{payload(2)}\n".encode())
    assert (failed.returncode, counts(failed)) == (UNROUTABLE, (0, 2))
    channel.exchange_delete(bb.exchange)


def test_a_dry_run_prints_the_envelopes(bb_alone):
    lines = f"{payload(1)}\n{payload(2)}\n".encode()
    shown = bb_alone(*BULK, "-", "--dry-run", stdin=lines)
    assert shown.returncode == OK, shown.stderr
    prompts = [json.loads(line)["payload"]["prompt"] for line in shown.stdout.splitlines()]
    assert prompts == ["question 1", "question 2"]


def test_no_broker(bb_alone):
    failed = bb_alone(*BULK, "-", "--spool", "never", stdin=payload(1).encode())
    assert (failed.returncode, counts(failed)) == (UNREACHABLE, (0, 0))
    assert "refused" in failed.stderr
    assert bb_alone(*BULK, "-", stdin=b"").returncode == OK


def test_no_such_file(bb_alone):
    failed = bb_alone(*BULK, "missing.jsonl")
    assert failed.returncode == 1
    assert "missing.jsonl" in failed.stderr


@pytest.mark.parametrize(
    "more", [["--json", "{}"], ["--event-id", str(uuid.uuid4())], ["--envelopes", "-c", "x"]]
)
def test_options_that_do_not_go_together(bb_alone, more):
    refused = bb_alone(*BULK, "-", *more)
    assert refused.returncode == USAGE
    assert len(refused.stderr.splitlines()) == 1


def test_lines_are_published_as_they_come(bb, channel, everything):
    """And waiting for the next one takes as long as it takes."""
    process = bb.start(*BULK, "-", "--print-ids", "--timeout", "500ms", stdin=subprocess.PIPE)
    for number in range(3):
        process.stdin.write(payload(number) + "\n")
        process.stdin.flush()
        assert uuid.UUID(process.stdout.readline().strip())
        if number == 1:
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(1)
    process.communicate(timeout=PATIENCE_S)  # closes its standard input
    assert process.returncode == OK
    assert len(bodies(channel, everything)) == 3


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_is_interrupted_with_counts(bb, everything, how):
    process = bb.start(*BULK, "-", "--print-ids", stdin=subprocess.PIPE)
    process.stdin.write(payload(1) + "\n")
    process.stdin.flush()
    assert process.stdout.readline()
    process.send_signal(how)
    complaint = process.stderr.read()
    assert process.wait(PATIENCE_S) == INTERRUPTED
    assert "interrupted: published 1, failed 0" in complaint


def catches(process, how):
    """Whether the signal would not end the process at once, by Linux's proc(5)."""
    with open(f"/proc/{process.pid}/status") as file:
        mask = next(line.split()[1] for line in file if line.startswith("SigCgt:"))
    return int(mask, 16) >> (how - 1) & 1


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_is_interrupted_before_anybody_writes_to_a_named_pipe(bb_alone, how):
    os.mkfifo(bb_alone.folder / "pipe")
    process = bb_alone.start(*BULK, "pipe", "--dry-run")
    deadline = time.monotonic() + PATIENCE_S
    while not catches(process, how):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.3)
    process.send_signal(how)
    assert process.wait(PATIENCE_S) == INTERRUPTED
    assert process.stderr.read().startswith("interrupted: valid 0, failed 0")


def test_a_named_pipe_is_read_to_its_end(bb_alone):
    os.mkfifo(bb_alone.folder / "pipe")
    process = bb_alone.start(*BULK, "pipe", "--dry-run")
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.3)
    with open(bb_alone.folder / "pipe", "w") as pipe:
        pipe.write(payload(1) + "\n")
        pipe.flush()
        assert "question 1" in process.stdout.readline()
        pipe.write(payload(2))
    assert "question 2" in process.stdout.readline()
    assert process.wait(PATIENCE_S) == OK


def test_a_broker_lost_midway(bb_alone):
    with FakeBroker(silent_on=spec.Basic.Publish) as broker:
        lines = "".join(f"{payload(number)}\n" for number in range(10)).encode()
        options = ["--timeout", "500ms", "--spool", "never"]
        failed = bb_alone(*BULK, "-", *options, stdin=lines, RABBIT_URL=broker.url)
    assert failed.returncode == UNREACHABLE
    assert "0 events are confirmed" in failed.stderr
    assert "not confirmed 10" in failed.stderr
