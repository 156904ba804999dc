"""The spool: events that `bb publish` found no broker for."""

import json
import os
import re
import signal
import subprocess
import time

import pytest
from pika import spec

from away import away
from bb_pytest import PATIENCE_S
from fake_broker import FakeBroker

EVENT = "test.spool.kept"
PUBLISH = ("publish", EVENT, "--skip-validation")


def keep(bb, number, *options, **settings):
    payload = json.dumps({"n": number})
    return bb(*PUBLISH, "--json", payload, *options, **settings)


def status(bb):
    return json.loads(bb("spool", "status", "-o", "json").stdout)


def test_keeps_an_event_that_no_broker_takes(away):
    kept = keep(away, 1)
    assert kept.returncode == 7 and "in the spool" in kept.stderr
    assert len(kept.stderr.splitlines()) == 1
    assert status(away)["entries"] == 1
    listed = [json.loads(line) for line in away("spool", "list", "-o", "ndjson").stdout.splitlines()]
    assert [(e["event_type"], e["event_id"]) for e in listed] == [(EVENT, kept.stdout.strip())]
    assert EVENT in away("spool", "list").stdout


def test_not_where_it_is_not_wanted(away):
    refused = keep(away, 1, "--spool", "never")
    assert refused.returncode == 7 and refused.stdout == ""
    assert status(away)["entries"] == 0


def test_always_asks_no_broker(away):
    kept = keep(away, 1, "--spool", "always")
    assert kept.returncode == 0 and kept.stderr == ""
    assert status(away)["entries"] == 1


def test_an_event_that_is_not_valid_is_not_kept(away):
    assert away("publish", EVENT, "--json", "{").returncode == 5
    assert status(away)["entries"] == 0


def spooled(bb, count):
    """So many events in the spool of the broker's URL, put there as if it were away."""
    ids = []
    for number in range(count):
        done = keep(bb, number, "--spool", "always")
        assert done.returncode == 0, done.stderr
        ids.append(done.stdout.strip())
    return ids


def received(channel, queue):
    ids = []
    while True:
        method, properties, _ = channel.basic_get(queue, auto_ack=True)
        if not method:
            return ids
        ids.append(properties.message_id)


def test_the_next_publish_sends_what_waits_and_in_order(bb, channel, everything):
    ids = spooled(bb, 20)
    last = keep(bb, 99)
    assert last.returncode == 0 and "20 events of the spool" in last.stderr
    assert received(channel, everything) == ids + [last.stdout.strip()]
    assert status(bb)["entries"] == 0


def test_flush_sends_what_waits(bb, channel, everything):
    ids = spooled(bb, 5)
    flushed = bb("spool", "flush")
    assert flushed.returncode == 0 and "5 events are published" in flushed.stderr
    assert received(channel, everything) == ids
    assert bb("spool", "flush").returncode == 0


def test_what_no_queue_receives_is_set_aside(bb, channel):
    channel.exchange_declare(bb.exchange, "topic", durable=True)
    history = f"{bb.exchange}.history"
    ids = spooled(bb, 2)
    flushed = bb("spool", "flush")
    assert flushed.returncode == 3 and "--refused" in flushed.stderr
    assert status(bb)["entries"] == 0 and status(bb)["refused_entries"] == 2
    refused = bb("spool", "list", "--refused", "-o", "ndjson").stdout.splitlines()
    assert [json.loads(line)["event_id"] for line in refused] == ids
    assert "no queue" in json.loads(refused[0])["refusal"]
    queue = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(queue, bb.exchange, "#")
    assert bb("spool", "flush", "--refused").returncode == 0
    assert received(channel, queue) == ids
    channel.exchange_delete(bb.exchange)
    channel.queue_delete(history)


def test_drop(away):
    for number in range(3):
        assert keep(away, number, "--spool", "always").returncode == 0
    first = json.loads(away("spool", "list", "-o", "json").stdout)[0]["number"]
    assert away("spool", "drop", str(first)).returncode == 2, "nobody is there to ask"
    assert away("spool", "drop", str(first), "--yes").returncode == 0
    assert status(away)["entries"] == 2
    assert away("spool", "drop", str(first), "--yes").returncode == 1
    assert away("spool", "drop", "--all", "--yes").returncode == 0
    assert status(away)["entries"] == 0
    assert away("spool", "drop", "--yes").returncode == 2


def segment(bb):
    return next((bb.folder).rglob("queue-*.spool"))


def test_a_damaged_event_hides_no_other(away):
    ids = spooled(away, 3)
    content = segment(away).read_bytes()
    at = content.index(ids[1].encode())
    segment(away).write_bytes(content[:at] + b"#" + content[at + 1 :])
    for output in ("text", "json", "ndjson"):
        listed = away("spool", "list", "-o", output)
        assert listed.returncode == 1 and "damaged at byte" in listed.stderr
        assert [id in listed.stdout for id in ids] == [True, False, True], output
    assert len(json.loads(away("spool", "list", "-o", "json").stdout)) == 2
    dropped = away("spool", "drop", "--damaged", "--yes")
    assert dropped.returncode == 0 and "in 1 place, and the events" in dropped.stderr
    assert "nothing of the spool is damaged" in away("spool", "drop", "--damaged", "--yes").stderr
    assert status(away)["entries"] == 2


def test_a_file_that_is_cut_off_is_given_up_aloud(away):
    spooled(away, 2)
    size = segment(away).stat().st_size
    os.truncate(segment(away), size - 8)
    dropped = away("spool", "drop", "--damaged", "--yes")
    given_up = re.search(r"given up: (\d+) bytes in 1 place", dropped.stderr)
    assert dropped.returncode == 0 and int(given_up[1]) > 8, dropped.stderr
    assert status(away)["entries"] == 1


def test_fail_open_keeps_the_event_whatever_the_broker_says(bb, broker):
    wrong = re.sub(r"//[^@]*@", "//guest:wrong@", broker.url)
    # A hook is run again and again, and hears each time what is wrong.
    for _ in range(6):
        done = keep(bb, 1, "--fail-open", "--quiet", RABBIT_URL=wrong)
        assert done.returncode == 0 and len(done.stderr.splitlines()) == 1
        assert done.stderr.startswith("bb: warning: ") and "in the spool" in done.stderr
        assert "log-in of user 'guest'" in done.stderr and "password" in done.stderr
    assert json.loads(bb("spool", "status", "-o", "json", RABBIT_URL=wrong).stdout)["entries"] == 6


@pytest.mark.parametrize(
    ("silent_on", "says"),
    [(spec.Connection.StartOk, "the log-in of user"), (spec.Basic.Publish, "with --deadline")],
)
def test_fail_open_says_what_was_not_answered(bb_alone, silent_on, says):
    with FakeBroker(silent_on=silent_on) as broker:
        done = keep(bb_alone, 1, "--fail-open", "--deadline", "700ms", RABBIT_URL=broker.url)
    assert done.returncode == 0 and says in done.stderr and "--timeout" not in done.stderr


def test_what_the_broker_refuses_does_not_hold_up_the_rest(bb, channel, everything):
    channel.exchange_declare(f"{bb.exchange}.fanout", "fanout")
    ids = []
    for number in range(6):
        options = ["--exchange", f"{bb.exchange}.fanout"] if number in (1, 4) else []
        ids.append(keep(bb, number, "--spool", "always", *options).stdout.strip())
    flushed = bb("spool", "flush")
    assert flushed.returncode == 3 and "--refused" in flushed.stderr
    assert status(bb)["entries"] == 0
    assert received(channel, everything) == [ids[number] for number in (0, 2, 3, 5)]
    refused = bb("spool", "list", "--refused", "-o", "ndjson").stdout.splitlines()
    assert [json.loads(line)["event_id"] for line in refused] == [ids[1], ids[4]]
    for line in refused:
        assert f"{bb.exchange}.fanout" in json.loads(line)["refusal"]
    channel.exchange_delete(f"{bb.exchange}.fanout")


def test_a_spool_that_cannot_be_written_is_told(away):
    (away.folder / "nowhere").write_text("a file")
    failed = keep(away, 1, "--data-dir", away.folder / "nowhere", "--spool", "always")
    assert failed.returncode == 1 and "nowhere" in failed.stderr


def wait_until_empty(bb):
    """Nobody is asked to: `bb serve` takes in what waits."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and status(bb)["entries"] > 0:
        time.sleep(0.05)
    assert status(bb)["entries"] == 0


def test_bb_serve_takes_in_what_waits(away):
    for number in range(5):
        assert keep(away, number, "--spool", "always").returncode == 0
    away.serve()
    wait_until_empty(away)
    # While it runs, too.
    assert keep(away, 5, "--spool", "always").returncode == 0
    wait_until_empty(away)
    out = away("subscribe", "#", "--from", "first", "--until", "now", "-o", "ndjson").stdout
    assert [json.loads(line)["payload"]["n"] for line in out.splitlines()] == list(range(6))


def test_bb_serve_sets_aside_what_nobody_receives(away):
    assert keep(away, 0, "--spool", "always", "--exchange", "nobody.listens").returncode == 0
    assert keep(away, 1, "--spool", "always").returncode == 0
    away.serve()
    wait_until_empty(away)
    refused = away("spool", "list", "--refused", "-o", "ndjson").stdout.splitlines()
    assert ["no queue" in json.loads(line)["refusal"] for line in refused] == [True]


def test_many_processes_at_once_and_some_killed(away):
    """All that said 0 or 7 arrive once each, in the order of their process."""
    workers = 20
    each = 50
    script = (
        'i=0; while [ $i -lt %d ]; do "$BB" publish %s --skip-validation --timeout 300ms --json '
        "\"{\\\"worker\\\": $WORKER, \\\"n\\\": $i}\" >/dev/null 2>&1; code=$?; "
        '[ $code -eq 0 ] || [ $code -eq 7 ] && echo "$WORKER $i" >> said; i=$((i+1)); done'
        % (each, EVENT)
    )
    processes = []
    for worker in range(workers):
        environment = {**away.environment, "BB": away.executable, "WORKER": str(worker)}
        processes.append(
            subprocess.Popen(
                ["sh", "-c", script], cwd=away.folder, env=environment, start_new_session=True
            )
        )
    deadline = time.monotonic() + PATIENCE_S
    said = away.folder / "said"
    while time.monotonic() < deadline:
        if said.exists() and len(said.read_text().splitlines()) >= workers:
            break
        time.sleep(0.01)
    for process in processes[:2]:
        os.killpg(process.pid, signal.SIGKILL)
    for process in processes:
        process.wait(PATIENCE_S)
    promised = [tuple(map(int, line.split())) for line in said.read_text().splitlines()]
    assert len(promised) >= (workers - 2) * each

    waiting = status(away)["entries"]
    process = away.serve()
    wait_until_empty(away)
    everything = ("#", "--from", "first", "--until", "now", "-o", "ndjson")
    out = away("subscribe", *everything, "--timeout", f"{PATIENCE_S}s").stdout
    process.terminate()
    process.wait(PATIENCE_S)
    seen = [json.loads(line)["payload"] for line in out.splitlines()]
    seen = [(p["worker"], p["n"]) for p in seen]
    # One that was killed may have kept its event before it could say so.
    assert len(set(seen)) == len(seen) == waiting
    assert set(promised) <= set(seen)
    for worker in range(workers):
        numbers = [n for w, n in seen if w == worker]
        assert numbers == sorted(numbers)
