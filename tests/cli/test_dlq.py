"""`bb dlq`: dead letters are looked at, sent back, dropped and exported."""

import json

import pytest

from bb_pytest import PATIENCE_S, ask, get_when_there
from dead_letters import (
    EVENT,
    FAILURE,
    NO_ROUTE,
    OK,
    PARTIAL,
    REFUSED,
    UNREACHABLE,
    USAGE,
    Letters,
    alone,
    dlq,
    kind,
    letters,
    one_line,
    records,
)


def test_a_service_fails_and_its_letter_is_listed_retried_and_handled(bb, dlq, letters):
    """From one end to the other, as a service really does it."""
    for name in (letters.queue, letters.dlq):
        letters.channel.queue_delete(name)

    def serve(command, *options):
        process = bb.start(
            "subscribe", "test.#", "--service", "svc", "--exec", command, "--attempts", "1",
            "--retry-delay", "50ms", "--count", "1", "--timeout", f"{PATIENCE_S}s", *options,
        )
        assert "receives" in process.stderr.readline()
        return process

    failing = serve("exit 3", "--deduplicate", "1h")
    event_id = bb("publish", EVENT, "--skip-validation", "--json", '{"n": 1}').stdout.strip()
    assert failing.wait(PATIENCE_S) == OK
    [letter] = records(dlq("list", "-o", "ndjson"))
    assert letter["id"] == event_id and letter["reason"] == "attempts"
    assert letter["redrives"] == 0 and "ended with 3" in letter["error"]
    done = dlq("retry", event_id[-8:])
    one_line(done, OK, "1 dead letter is back")
    handling = serve("echo $BB_EVENT_ID $BB_ATTEMPT $BB_ROUTING_KEY > log", "--deduplicate", "1h")
    assert handling.wait(PATIENCE_S) == OK
    assert (bb.folder / "log").read_text().split() == [event_id, "1", EVENT]
    assert letters.count(letters.dlq) == 0
    for n in range(4):
        letters.channel.queue_delete(f"{letters.queue}.retry.{50 * 5**n}")


def test_looking_changes_nothing(dlq, letters):
    ids = [letters.add(number) for number in range(100)]
    for _ in range(3):
        listed = records(dlq("list", "-o", "ndjson"))
        assert [letter["id"] for letter in listed] == ids
    assert len(json.loads(dlq("list", "-o", "json").stdout)) == 100
    text = dlq("list").stdout.splitlines()
    assert len(text) == 101 and text[0].split() == [
        "ID", "TYPE", "REASON", "ATTEMPTS", "REDRIVES", "FAILED", "ERROR",
    ]
    assert text[1].split()[:2] == [ids[0][-8:], EVENT] and text[1].endswith("so bad 0")
    shown = dlq("show", ids[7])
    assert shown.returncode == OK and "so bad 7" in shown.stdout and '"n": 7' in shown.stdout
    exported = dlq("export")
    assert len(exported.stdout.splitlines()) == 100 and exported.stderr == ""
    taken = letters.take(letters.dlq)
    assert [properties.message_id for properties, _ in taken] == ids


def test_finds_the_queues_by_itself(bb, alone, kind):
    letters = Letters(bb, alone, kind)
    event_id = letters.add(1)
    listed = records(bb("dlq", "list", "--where", f"event_id == '{event_id}'", "-o", "ndjson"))
    assert [letter["queue"] for letter in listed] == [letters.dlq]
    text = bb("dlq", "list")
    assert event_id[-8:] in text.stdout
    shown = records(bb("dlq", "show", event_id, "-o", "json"))[0]
    assert shown["event"]["payload"] == {"n": 1} and shown["headers"]["bb-attempts"] == 5


def test_the_options_of_list(bb, dlq, letters):
    for number in range(5):
        letters.add(number)
    some = dlq("list", "--where", "payload.n >= 2", "--limit", "2", "-o", "ndjson")
    assert [letter["error"] for letter in records(some)] == ["so bad 2", "so bad 3"]
    assert "there are more" in some.stderr
    one_line(dlq("list", "--where", "payload.n > 9"), OK, "no dead letters like that, of 5")
    by_queue = bb("dlq", "list", "--queue", letters.queue, "-o", "ndjson")
    assert len(records(by_queue)) == 5
    assert len(records(bb("dlq", "list", "--queue", letters.dlq, "-o", "ndjson"))) == 5
    one_line(dlq("list", "--where", "payload.n ="), USAGE, "column")
    one_line(bb("dlq", "--queue", "a", "--service", "b"), USAGE, "--service and --queue")


def test_one_letter_goes_back(dlq, letters):
    ids = [letters.add(number, **{"bb-redrives": number}) for number in range(3)]
    one_line(dlq("retry", ids[1]), OK, "1 dead letter is back")
    properties, body = get_when_there(letters.channel, letters.queue)[1:]
    assert json.loads(body)["payload"] == {"n": 1} and properties.message_id == ids[1]
    headers = properties.headers
    assert headers["bb-redrives"] == 2 and headers["bb-attempts"] == 0
    assert headers["bb-routing-key"] == EVENT and "bb-reason" not in headers
    assert headers.get("x-delivery-count", 0) == 0, "counted anew"
    assert letters.numbers(letters.dlq) == [0, 2], "the others are there, in order"


def test_letters_go_back_by_condition_and_all(dlq, letters):
    for number in range(50):
        letters.add(number)
    letters.add(50, body=b"{not json")
    one_line(dlq("retry", "--where", "payload.n < 10 or payload.n >= 45"), OK, "15 dead letters")
    assert letters.numbers(letters.queue) == [*range(10), *range(45, 50)]
    assert letters.count(letters.dlq) == 36
    one_line(dlq("retry", "--all"), OK, "36 dead letters are back")
    assert letters.count(letters.dlq) == 0 and letters.count(letters.queue) == 36
    one_line(dlq("retry", "--all"), OK, "no dead letters")


def test_the_queue_they_failed_in_is_gone(dlq, letters):
    event_id = letters.add(1)
    letters.channel.queue_delete(letters.queue)
    refused = dlq("retry", event_id)
    assert refused.returncode == NO_ROUTE
    assert letters.queue in refused.stderr and "stays in" in refused.stderr
    assert letters.numbers(letters.dlq) == [1]


def test_some_go_back_and_some_cannot(dlq, letters):
    letters.add(1)
    letters.add(2, **{"bb-queue": f"{letters.queue}.gone"})
    letters.add(3)
    partly = dlq("retry", "--all")
    assert partly.returncode == PARTIAL and "2 dead letters are back" in partly.stderr
    assert letters.numbers(letters.queue) == [1, 3] and letters.numbers(letters.dlq) == [2]


def test_ids(dlq, letters):
    one = letters.add(1)
    other = letters.add(2)
    one_line(dlq("show", "ffff"), FAILURE, "no dead letter 'ffff'", "bb dlq list")
    one_line(dlq("show", one[:3]), USAGE, "too little")
    assert dlq("show", other[:8]).returncode == OK
    letters.channel.queue_purge(letters.dlq)
    ids = [letters.add(number) for number in (0x17, 0x10017)]
    one_line(dlq("retry", "0017"), USAGE, ids[0], ids[1])
    assert letters.count(letters.dlq) == 2
    assert dlq("retry", ids[0]).returncode == OK
    one_line(dlq("retry", ids[0]), FAILURE, "no dead letter")


def test_dropping_asks(dlq, letters):
    ids = [letters.add(number) for number in range(6)]
    one_line(dlq("drop", ids[0]), USAGE, "--yes")
    one_line(dlq("drop", "--yes"), USAGE, "--all")
    one_line(dlq("drop", ids[0], "--all", "--yes"), USAGE, "--all")
    one_line(dlq("drop", ids[0], "--yes"), OK, "1 dead letter is dropped")
    one_line(dlq("drop", "--where", "payload.n == 3", "--yes"), OK, "1 dead letter is dropped")
    assert [letter["id"] for letter in records(dlq("list", "-o", "ndjson"))] == [
        ids[1], ids[2], ids[4], ids[5],
    ]
    one_line(dlq("drop", "--all", "--yes"), OK, "4 dead letters are dropped")
    assert letters.count(letters.dlq) == 0 and letters.count(letters.queue) == 0


def test_dropping_asks_at_a_terminal(bb, letters):
    event_id = letters.add(1)
    letters.add(2)
    code, shown = ask(bb, [b"n\n"], "dlq", "drop", event_id, "--service", "svc")
    assert code == FAILURE and f"{event_id} ({EVENT})" in shown and "nothing was done" in shown
    assert letters.count(letters.dlq) == 2
    code, shown = ask(bb, [b"y\n"], "dlq", "drop", "--all", "--service", "svc")
    assert code == OK and "Drop 2 dead letters" in shown
    assert letters.count(letters.dlq) == 0


def test_what_is_exported_is_published_again(bb, dlq, letters, channel):
    ids = [letters.add(number) for number in range(3)]
    letters.add(3, body=b"{not json")
    exported = dlq("export")
    assert exported.returncode == PARTIAL and "1 dead letter is no event" in exported.stderr
    channel.queue_bind(letters.queue, bb.exchange, "#")
    published = bb(
        "publish", "--envelope-file", "-", "--skip-validation", stdin=exported.stdout.encode()
    )
    assert published.stdout.split() == ids
    assert letters.numbers(letters.queue) == [0, 1, 2]


def test_what_is_no_event_is_shown_and_dropped(dlq, letters):
    letters.add(1, body=b"\xff{not json")
    [letter] = records(dlq("list", "-o", "ndjson"))
    assert not letter["is_event"] and letter["reason"] == "unreadable"
    [shown] = records(dlq("show", letter["id"], "-o", "ndjson"))
    assert shown["body_base64"]
    assert "not an event" in dlq("show", letter["id"]).stdout
    assert dlq("drop", letter["id"], "--yes").returncode == OK


# Trouble.


def test_nothing_there(bb, dlq, letters):
    one_line(dlq("list"), OK, "no dead letters in", letters.dlq)
    assert json.loads(dlq("list", "-o", "json").stdout) == []
    letters.channel.queue_delete(letters.dlq)
    for name in ("list", "export"):
        one_line(dlq(name), FAILURE, letters.dlq, "there is no queue")
    one_line(dlq("retry", "--all"), FAILURE, letters.dlq, "there is no queue")
    one_line(bb("dlq", "list", "--service", "no-such"), FAILURE, "no-such.dlq")


def test_a_user_who_may_not(bb, letters, http_url, unique):
    letters.add(1)
    user = unique("user")
    assert bb("user", "add", user, "--password-stdin", stdin=b"pw\n").returncode == OK
    permit = bb("user", "permit", user, "--read", "^$", "--write", "^$", "--configure", "^$")
    assert permit.returncode == OK, permit.stderr
    url = bb.environment["RABBIT_URL"].replace("guest:guest", f"{user}:pw")
    refused = bb("dlq", "list", "--service", "svc", RABBIT_URL=url)
    one_line(refused, REFUSED, letters.dlq)
    assert bb("user", "permit", user, "--read", ".*", "--write", "^$").returncode == OK
    refused = bb("dlq", "retry", "--all", "--service", "svc", RABBIT_URL=url)
    assert refused.returncode == REFUSED
    body = get_when_there(letters.channel, letters.dlq)[2]
    assert json.loads(body)["payload"] == {"n": 1}
    bb("user", "delete", user, "--yes")


def test_no_broker(bb_alone):
    one_line(bb_alone("dlq", "--service", "svc"), UNREACHABLE)
    one_line(bb_alone("dlq", "retry", "--all", "--service", "svc"), UNREACHABLE)
    one_line(bb_alone("dlq"), UNREACHABLE, "--service or --queue")


def test_no_management_api(bb, letters):
    letters.add(1)
    closed = "http://guest:guest@127.0.0.1:1"
    one_line(bb("dlq", "list", BB_HTTP_URL=closed), UNREACHABLE, "--service or --queue")
    assert len(records(bb("dlq", "list", "--service", "svc", "-o", "ndjson", BB_HTTP_URL=closed)))


def test_a_quorum_queue_with_a_delivery_limit_loses_nothing(bb, alone):
    name = "limited.dlq"
    alone.queue_declare(
        name, durable=True, arguments={"x-queue-type": "quorum", "x-delivery-limit": 2}
    )
    for number in range(3):
        alone.basic_publish("", name, f"letter {number}".encode(), mandatory=True)
    for _ in range(8):
        listed = bb("dlq", "list", "-o", "ndjson")
        assert len([r for r in records(listed) if r["queue"] == name]) == 3, "looked at once more"
