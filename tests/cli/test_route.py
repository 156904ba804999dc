"""`bb route`, and what `bb publish` says of an event that no queue receives."""

import json
import os
import pathlib

import pytest

OK, USAGE, REFUSED, NO_ROUTE, UNREACHABLE = 0, 2, 4, 6, 7


@pytest.fixture
def routed(bb, channel):
    """The program, with the management API of this broker, and an exchange with queues."""
    url_file = pathlib.Path(os.environ["BB_TEST_BROKER_URL_FILE"] + ".http")
    bb.environment["BB_HTTP_URL"] = url_file.read_text().strip()
    channel.exchange_declare(bb.exchange, "topic", durable=True)
    bb.queues = [f"{bb.exchange}.greeter", f"{bb.exchange}.team.audit", f"{bb.exchange}x"]
    for queue in bb.queues:
        channel.queue_declare(queue, durable=True)
    channel.queue_bind(bb.queues[0], bb.exchange, "llm.prompt")
    channel.queue_bind(bb.queues[0], bb.exchange, "llm.*")
    channel.queue_bind(bb.queues[1], bb.exchange, "agent.thread.*")
    yield bb
    for queue in bb.queues:
        channel.queue_delete(queue)
    channel.exchange_delete(bb.exchange)


def one_line(process, exit_code, *said):
    assert process.returncode == exit_code, process.stdout + process.stderr
    assert len(process.stderr.splitlines()) == 1, process.stderr
    for words in said:
        assert words in process.stderr, process.stderr


def routes(process):
    assert process.returncode == OK, process.stderr
    return [json.loads(line) for line in process.stdout.splitlines()]


def test_tells_the_queues_the_services_and_why(routed):
    [route] = routes(routed("route", "llm.prompt", "-o", "ndjson"))
    assert route["queue"] == routed.queues[0] and route["service"] == "greeter"
    patterns = [[step["pattern"] for step in way] for way in route["ways"]]
    assert sorted(patterns) == [["llm.*"], ["llm.prompt"]]
    assert route["consumers"] == 0
    titles, row = routed("route", "llm.response").stdout.splitlines()
    assert titles.split() == ["QUEUE", "SERVICE", "BY", "CONSUMERS", "MESSAGES"]
    assert row.split()[:3] == [routed.queues[0], "greeter", "llm.*"]
    [route] = json.loads(routed("route", "agent.thread.error", "-o", "json").stdout)
    assert route["service"] == "team.audit"


def test_what_it_tells_is_what_happens(routed, channel):
    other = f"{routed.exchange}.other"
    channel.exchange_declare(other, "fanout")
    channel.exchange_bind(other, routed.exchange, "github.#")
    channel.queue_bind(routed.queues[1], other, "")
    channel.queue_bind(routed.queues[2], routed.exchange, "#.created")
    for event_type in ("llm.prompt", "agent.thread.error", "github.pr.created", "a.created"):
        told = {route["queue"] for route in routes(routed("route", event_type, "-o", "ndjson"))}
        done = routed("publish", event_type, "--skip-validation", "--json", "{}")
        assert done.returncode == OK, done.stderr
        got = {
            queue for queue in routed.queues if channel.basic_get(queue, auto_ack=True)[0]
        }
        assert told == got, event_type
    line = routed("route", "github.pr.created").stdout
    assert f"github.# to the exchange {other}, then all" in line
    channel.exchange_delete(other)


def test_the_history_is_nobody(routed, channel):
    history = f"{routed.exchange}.history"
    channel.queue_declare(history, durable=True, arguments={"x-queue-type": "stream"})
    channel.queue_bind(history, routed.exchange, "#")
    one_line(routed("route", "something.else"), NO_ROUTE, f"'{history}' would keep it")
    [route] = routes(routed("route", "llm.prompt", "-o", "ndjson"))
    assert route["queue"] == routed.queues[0]
    channel.queue_delete(history)


def test_no_queue_would_get_it(routed):
    lost = routed("route", "llm.prompt.long")
    one_line(lost, NO_ROUTE, "'llm.prompt.long'", routed.queues[0], "'llm.prompt'")
    assert lost.stdout == ""
    one_line(routed("route", "agent.thraed.error"), NO_ROUTE, routed.queues[1], "agent.thread.*")
    far = routed("route", "something.else")
    one_line(far, NO_ROUTE, "'something.else'")
    assert "nearly" not in far.stderr
    assert json.loads(routed("route", "something.else", "-o", "json").stdout) == []


def test_a_publisher_hears_of_what_nearly_matches(routed, broker):
    lost = routed("publish", "agent.thraed.error", "--skip-validation", "--json", "{}")
    # With a history it is kept there, which is told and no failure.
    one_line(lost, NO_ROUTE, routed.queues[1], "agent.thread.*", "'agent.thraed.error'")
    assert lost.stdout == ""
    far = routed("publish", "something.else", "--skip-validation", "--json", "{}")
    one_line(far, NO_ROUTE, "subscribe first")


def test_a_publisher_in_bulk_hears_of_it_too(routed):
    lines = '{"n": 1}\n{"n": 2}\n'
    lost = routed(
        "publish", "agent.thraed.error", "--skip-validation", "--jsonl", "-", "--on-error", "skip",
        stdin=lines.encode(),
    )
    assert lost.returncode == NO_ROUTE and lost.stdout == ""
    told = [line for line in lost.stderr.splitlines() if "agent.thread.*" in line]
    assert [line.split(": ")[1] for line in told] == ["line 1", "line 2"]
    assert routed.queues[1] in told[0]


def test_a_publisher_does_not_wait_for_who_does_not_answer(routed):
    lost = routed(
        "publish", "llm.prompt.long", "--skip-validation", "--json", "{}",
        BB_HTTP_URL="http://guest:guest@127.0.0.1:1",
    )
    one_line(lost, NO_ROUTE, "'llm.prompt.long'", "subscribe first")


def test_wrong_words(routed, bb_alone, unique):
    one_line(routed("route", "Not a type"), USAGE, "is not an event type")
    one_line(routed("route"), USAGE, "EVENT_TYPE")
    missing = routed("route", "llm.prompt", "--exchange", unique("none"))
    one_line(missing, 1, "there is no exchange")
    one_line(bb_alone("route", "llm.prompt", "--http-url", "http://127.0.0.1:1"), UNREACHABLE)


def test_who_may_not_look(routed, unique):
    user = unique("user")
    assert routed("user", "add", user, "--password-stdin", stdin=b"pw\n").returncode == OK
    url = routed.environment["BB_HTTP_URL"].replace("guest:guest", f"{user}:pw")
    one_line(routed("route", "llm.prompt", BB_HTTP_URL=url), REFUSED, user)
    routed("user", "delete", user, "--yes")
