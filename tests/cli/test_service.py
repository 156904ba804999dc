"""`bb subscribe --exec`: events to a command, retries, dead letters."""

import json
import os
import shlex
import signal
import time

import pytest

from bb_pytest import PATIENCE_S, get_when_there

EVENT = "test.service.ran"
PUBLISH = ("publish", EVENT, "--skip-validation", "--quiet")
OTHER_SETTINGS = ("subscribe", "#", "--service", "svc", "--exec", "true", "--retry-delay", "50ms",
                  "--timeout", "20s")  # fmt: skip


@pytest.fixture
def service(bb, channel, unique):
    """service(command, option...) is a running `bb subscribe --exec` that receives."""
    queue = f"{bb.exchange}.svc"

    def start(command, *options):
        process = bb.start(
            "subscribe",
            "test.#",
            "--service",
            "svc",
            "--exec",
            command,
            "--retry-delay",
            "50ms",
            "--timeout",
            f"{PATIENCE_S}s",
            *options,
        )
        notice = process.stderr.readline()
        assert "receives" in notice, notice + process.stderr.read()
        return process

    start.queue = queue
    yield start
    bb.stop_all()
    for name in [queue, f"{queue}.dlq"] + [f"{queue}.retry.{50 * 5**n}" for n in range(4)]:
        channel.queue_delete(name)
    channel.exchange_delete(bb.exchange)


def publish(bb, payload):
    done = bb(*PUBLISH, "--json", json.dumps(payload))
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def lines_when_there(path, count):
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        lines = path.read_text().splitlines() if path.exists() else []
        if len(lines) >= count:
            return lines
        time.sleep(0.02)
    raise AssertionError(f"{path} has {lines}")


def count_of(channel, queue):
    return channel.queue_declare(queue, passive=True).method.message_count


def test_gives_the_event_to_the_command(bb, service, channel):
    process = service(
        'cat > event.json; echo "$BB_EVENT_TYPE $BB_EVENT_ID $BB_ATTEMPT $BB_ROUTING_KEY" >> log',
        "--count",
        "1",
    )
    bb(*PUBLISH, "--json", '{"n": 1.10}')
    assert process.wait(PATIENCE_S) == 0
    event = json.loads((bb.folder / "event.json").read_text())
    assert event["event_type"] == EVENT
    assert '"n": 1.10' in (bb.folder / "event.json").read_text(), "the digits are as they were"
    line = (bb.folder / "log").read_text().split()
    assert line == [EVENT, event["event_id"], "1", EVENT]
    assert count_of(channel, service.queue) == 0


def test_a_command_that_fails_is_tried_again_and_then_dead_lettered(bb, service, channel):
    process = service(
        "echo $BB_ATTEMPT >> log; echo so bad >&2; exit 3", "--attempts", "3", "--count", "1"
    )
    publish(bb, {"n": 1})
    assert process.wait(PATIENCE_S) == 0
    assert (bb.folder / "log").read_text().split() == ["1", "2", "3"]
    _, properties, body = get_when_there(channel, f"{service.queue}.dlq")
    headers = properties.headers
    assert headers["bb-attempts"] == 3 and headers["bb-reason"] == "attempts"
    assert "ended with 3: so bad" in headers["bb-error"]
    assert headers["bb-consumer"].startswith("svc@")
    assert headers["bb-routing-key"] == EVENT and headers["bb-exchange"] == bb.exchange
    assert json.loads(body)["payload"] == {"n": 1}
    assert count_of(channel, service.queue) == 0
    said = process.stderr.read()
    assert "attempt 3 of 3" in said and ".dlq" in said


def test_exit_code_75_is_tried_again_and_is_no_failure(bb, service, channel):
    process = service(
        "echo $BB_ATTEMPT >> log; test $(wc -l < log) -ge 4 || exit 75",
        "--attempts",
        "2",
        "--count",
        "1",
    )
    publish(bb, {"n": 1})
    assert process.wait(PATIENCE_S) == 0
    assert (bb.folder / "log").read_text().split() == ["1"] * 4
    assert count_of(channel, f"{service.queue}.dlq") == 0


def test_a_command_that_hangs_is_ended(bb, service, channel):
    process = service(
        "trap '' TERM; sleep 600 & echo $! > child; wait; wait",
        "--attempts",
        "1",
        "--exec-timeout",
        "200ms",
        "--count",
        "1",
    )
    publish(bb, {"n": 1})
    assert process.wait(PATIENCE_S) == 0
    _, properties, _ = get_when_there(channel, f"{service.queue}.dlq")
    assert "did not end within 200ms" in properties.headers["bb-error"]
    child = int((bb.folder / "child").read_text())
    with pytest.raises(ProcessLookupError):
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            os.kill(child, 0)
            time.sleep(0.02)


def test_what_is_no_event_is_a_dead_letter_at_once(bb, service, channel):
    process = service("cat >> log", "--count", "1")
    channel.basic_publish(bb.exchange, EVENT, b"{not json")
    assert process.wait(PATIENCE_S) == 0
    _, properties, body = get_when_there(channel, f"{service.queue}.dlq")
    assert body == b"{not json" and properties.headers["bb-reason"] == "unreadable"
    assert not (bb.folder / "log").exists()


def test_a_command_that_does_not_read_its_input(bb, service):
    process = service("exit 0", "--count", "1")
    payload = json.dumps({"text": "x" * 1_000_000}).encode()
    assert bb(*PUBLISH, "--json", "-", stdin=payload).returncode == 0
    assert process.wait(PATIENCE_S) == 0


def test_runs_as_many_at_a_time_as_it_is_told(bb, service):
    # Each waits until all three are there.
    process = service(
        "echo x >> log; while [ $(wc -l < log) -lt 3 ]; do sleep 0.02; done",
        "--concurrency",
        "3",
        "--count",
        "3",
    )
    for number in range(3):
        publish(bb, {"n": number})
    assert process.wait(PATIENCE_S) == 0


def test_handles_an_event_once_that_is_published_twice(bb, service, channel):
    process = service("echo $BB_EVENT_ID >> log", "--deduplicate", "1h", "--concurrency", "4")
    envelope = bb(*PUBLISH, "--dry-run", "--json", "{}").stdout
    for _ in range(3):
        done = bb("publish", "--envelope-file", "-", "--skip-validation", stdin=envelope.encode())
        assert done.returncode == 0
    other = publish(bb, {"last": True})
    lines = lines_when_there(bb.folder / "log", 2)
    deadline = time.monotonic() + PATIENCE_S
    while count_of(channel, service.queue) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE_S) == 130
    assert sorted(lines) == sorted([json.loads(envelope)["event_id"], other])


def test_keeps_the_order_of_a_field(bb, service):
    command = (
        'n=$(sed "s/.*\\"n\\": *\\([0-9]*\\).*/\\1/"); '
        'if [ $n = 2 ] && [ ! -e failed ]; then touch failed; exit 1; fi; echo $n >> log'
    )
    process = service(
        command, "--ordered-by", "source.host", "--concurrency", "4", "--count", "6"
    )
    for number in range(6):
        publish(bb, {"n": number})
    assert process.wait(PATIENCE_S) == 0, process.stderr.read()
    assert (bb.folder / "log").read_text().split() == [str(n) for n in range(6)]


def test_gives_only_the_events_that_it_was_told(bb, service, channel):
    process = service("cat >> log; echo >> log", "--where", "payload.n > 1", "--count", "1")
    for number in range(3):
        publish(bb, {"n": number})
    assert process.wait(PATIENCE_S) == 0
    assert json.loads((bb.folder / "log").read_text())["payload"] == {"n": 2}
    assert count_of(channel, service.queue) == 0, "the others are acknowledged"


def test_prints_only_the_events_that_it_was_told(bb, channel):
    reader = bb.subscribe("test.#", "--where", "payload.n > 1", "--count", "2", "-o", "ndjson")
    for number in range(4):
        publish(bb, {"n": number})
    out, err = reader.communicate(timeout=PATIENCE_S)
    assert reader.returncode == 0, err
    assert [json.loads(line)["payload"]["n"] for line in out.splitlines()] == [2, 3]
    channel.exchange_delete(bb.exchange)


def test_a_condition_that_is_none(bb_alone):
    refused = bb_alone("subscribe", "#", "--where", "payload.n = 1")
    assert refused.returncode == 2 and "column 11" in refused.stderr and "==" in refused.stderr


def test_ends_what_it_has_begun_when_it_is_interrupted(bb, service, channel):
    process = service("echo begun >> log; sleep 1; echo ended >> log")
    publish(bb, {"n": 1})
    publish(bb, {"n": 2})
    lines_when_there(bb.folder / "log", 1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_S) == 130
    assert (bb.folder / "log").read_text().split() == ["begun", "ended"]
    get_when_there(channel, service.queue)


@pytest.mark.parametrize("which", ["", ".dlq", ".retry.50"])
def test_a_queue_with_other_settings(bb, service, channel, which):
    name = service.queue + which
    channel.queue_declare(name, durable=True, arguments={"x-max-length": 3})
    refused = bb(*OTHER_SETTINGS)
    assert refused.returncode == 1 and "inequivalent arg" in refused.stderr
    assert f"bb queues show '{name}', bb queues delete '{name}'" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_an_exchange_of_another_type(bb, service, channel):
    channel.exchange_declare(bb.exchange, "fanout", durable=True)
    refused = bb(*OTHER_SETTINGS)
    assert refused.returncode == 1 and "inequivalent arg 'type'" in refused.stderr
    assert f"bb exchanges show '{bb.exchange}', bb exchanges delete" in refused.stderr
    assert "bb queues" not in refused.stderr and len(refused.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--exec", "true"], "--service"),
        (["--service", "a", "--queue", "b"], "--queue"),
        (["--service", "a b"], "'a b'"),
        (["--service", "history"], "keeps what was published"),
        (["--service", "quarantine"], "keeps what the exchange refused"),
        (["--service", "a.dlq", "--exec", "true"], "dead letters"),
        (["--service", "a.retry.1000"], "delay queue"),
        (["--attempts", "3"], "--exec"),
        (["--service", "a", "--exec", "true", "--ordered-by", "a..b"], "a..b"),
        (["--service", "a", "--exec", "true", "--ordered-by", "sauce.app"], "no field 'sauce'"),
        (
            ["--service", "a", "--exec", "true", "--retry-delay", "10m", "--retry-delay-max", "1s"],
            "--retry-delay-max 1s is shorter",
        ),
    ],
)
def test_options_that_do_not_go_together(bb_alone, options, says):
    refused = bb_alone("subscribe", "#", *options)
    assert refused.returncode == 2 and says in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_no_broker(bb_alone):
    failed = bb_alone("subscribe", "#", "--service", "a", "--exec", "true", "--timeout", "1s")
    assert failed.returncode == 7 and len(failed.stderr.splitlines()) == 1


def test_a_missing_permission_comes_with_the_command_that_gives_it(bb, broker, unique, channel, http_url):
    user = unique("user")
    url = f"amqp://{user}:secret@127.0.0.1:{broker.port}/"
    manage = {"BB_HTTP_URL": http_url}
    assert bb("user", "add", user, "--password-stdin", stdin=b"secret", **manage).returncode == 0
    nothing = ("--configure", "^$", "--write", "^$", "--read", "^$")
    assert bb("user", "permit", user, *nothing, **manage).returncode == 0
    run = ("subscribe", "test.#", "--service", "svc", "--exec", "exit 1", "--attempts", "2",
           "--retry-delay", "50ms", "--count", "1", "--timeout", f"{PATIENCE_S}s")  # fmt: skip
    try:
        refused = bb(*run, RABBIT_URL=url)
        assert refused.returncode == 4, refused.stderr
        command = refused.stderr.partition("what a service needs: bb ")[2].partition(";")[0]
        assert bb(*shlex.split(command), **manage).returncode == 0, command
        # A retry and a dead letter included.
        process = bb.start(*run, RABBIT_URL=url)
        notice = process.stderr.readline()
        assert "receives" in notice, notice + process.stderr.read()
        publish(bb, {})
        assert process.wait(PATIENCE_S) == 0
        get_when_there(channel, f"{bb.exchange}.svc.dlq")
    finally:
        bb.stop_all()
        bb("user", "delete", user, "--yes", **manage)
        for queue in ("", ".dlq", ".retry.50"):
            channel.queue_delete(f"{bb.exchange}.svc{queue}")
        channel.exchange_delete(bb.exchange)
