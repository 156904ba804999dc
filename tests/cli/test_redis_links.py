"""What caused what in Redis: recorded by `bb publish`, read by `bb trace`, whatever Redis does."""

import json
import threading
import time
import uuid

import pytest

from bb_pytest import PATIENCE_S
from redis_server import RedisServer

FORWARD = "bloodbank:correlation:forward:"
REVERSE = "bloodbank:correlation:reverse:"
MONTH_S = 30 * 24 * 60 * 60
PUBLISH = ("publish", "--skip-validation", "--quiet")
OK, FAILURE, USAGE, NO_ROUTE, UNREACHABLE = 0, 1, 2, 6, 7


@pytest.fixture
def redis(tmp_path):
    server = RedisServer(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def publish(bb, channel, everything, redis):
    """publish(type, option..., **settings) is the finished process."""

    def run(event_type, *options, payload=None, **settings):
        return bb(*PUBLISH, event_type, "--json", json.dumps(payload or {}), *options,
                  **{**redis.settings, **settings})

    return run


def id_of(done):
    assert done.returncode == OK, done.stderr
    return done.stdout.strip()


def test_the_keys_are_those_of_the_wire_contract(publish, redis):
    first, second = id_of(publish("a.one")), id_of(publish("a.two"))
    assert redis.cli("DBSIZE") == "0", "what nothing caused has no link"
    done = publish("a.three", "-c", first, "-c", second)
    third = id_of(done)
    assert done.stderr == ""
    keys = set(redis.cli("KEYS", "*").splitlines())
    assert keys == {FORWARD + third, REVERSE + first, REVERSE + second}
    text = redis.cli("GET", FORWARD + third)
    value = json.loads(text)
    assert list(value) == ["parent_event_ids", "created_at", "metadata"]
    assert value["parent_event_ids"] == [first, second]
    assert value["metadata"] == {}
    assert text == json.dumps(value, separators=(",", ":"))
    assert redis.cli("SMEMBERS", REVERSE + first) == third
    for key in keys:
        assert MONTH_S - 60 < int(redis.cli("TTL", key)) <= MONTH_S
    assert redis.cli("TYPE", REVERSE + first) == "set"


def test_the_time_to_live_is_a_setting(publish, redis):
    parent = str(uuid.uuid4())
    child = id_of(publish("a.one", "-c", parent, CORRELATION_TTL_DAYS="2"))
    assert int(redis.cli("TTL", FORWARD + child)) <= 2 * 24 * 60 * 60
    assert publish("a.one", CORRELATION_TTL_DAYS="none").returncode == USAGE


def test_it_can_be_switched_off(publish, redis):
    id_of(publish("a.one", "-c", str(uuid.uuid4()), CORRELATION_TRACKING="off"))
    assert redis.cli("DBSIZE") == "0"


def test_what_was_not_published_has_no_link(bb, redis, channel):
    """Nothing receives it, and where there is no history it is not kept."""
    channel.exchange_declare(bb.exchange, "topic", durable=True)
    done = bb(*PUBLISH, "a.one", "--json", "{}", "-c", str(uuid.uuid4()), **redis.settings)
    assert done.returncode == NO_ROUTE
    assert redis.cli("DBSIZE") == "0"
    channel.exchange_delete(bb.exchange)


def test_in_bulk(bb, everything, redis):
    root = str(uuid.uuid4())
    lines = "".join(f'{{"n": {n}}}\n' for n in range(10_000)).encode()
    done = bb(*PUBLISH, "a.many", "--jsonl", "-", "-c", root, stdin=lines, **redis.settings)
    assert done.returncode == OK, done.stderr
    assert done.stderr == ""
    assert redis.cli("SCARD", REVERSE + root) == "10000"
    assert redis.cli("DBSIZE") == "10001"


def test_a_chain_that_python_wrote_is_read(bb, redis):
    """The layout of the original, with the white space and the times of Python."""
    a, b, c = (str(uuid.uuid4()) for _ in range(3))

    def write(child, parents, at):
        value = {"parent_event_ids": parents, "created_at": at, "metadata": {"via": "python"}}
        redis.cli("SETEX", FORWARD + child, MONTH_S, json.dumps(value))
        for parent in parents:
            redis.cli("SADD", REVERSE + parent, child)
            redis.cli("EXPIRE", REVERSE + parent, MONTH_S)

    write(b, [a], "2026-01-27T10:15:30.123456")
    write(c, [a, b], "2026-01-27T10:15:31+00:00")
    done = bb("trace", c, "-o", "json", **redis.settings)
    assert done.returncode == OK, done.stderr
    graph = json.loads(done.stdout)
    assert [event["event_id"] for event in graph["events"]] == [a, b, c]
    assert graph["events"][1]["created_at"] == "2026-01-27T10:15:30.123456Z"
    assert graph["events"][2]["metadata"] == {"via": "python"}
    down = json.loads(bb("trace", a, "--down", "-o", "json", **redis.settings).stdout)
    assert [event["event_id"] for event in down["events"]] == [a, b, c]
    tree = bb("trace", c, **redis.settings).stdout.splitlines()
    assert len(tree) == 4 and tree[0].startswith(a) and "(above)" in tree[3]


def test_what_the_direction_leaves_out_is_known_all_the_same(bb, redis):
    parent, child = str(uuid.uuid4()), str(uuid.uuid4())
    assert bb("link", child, parent, **redis.settings).returncode == OK
    for cut in (["--up"], ["--depth", "0"], ["--events", "1"]):
        done = bb("trace", parent, *cut, **redis.settings)
        assert done.returncode == OK, done.stderr
        assert done.stdout.startswith(f"{parent} *")


def test_links_by_hand_keep_what_was_there(publish, bb, redis):
    first, other = str(uuid.uuid4()), str(uuid.uuid4())
    child = id_of(publish("a.one", "-c", first))
    done = bb("link", child, other, "--reason", "seen", **redis.settings)
    assert done.returncode == OK, done.stderr
    value = json.loads(redis.cli("GET", FORWARD + child))
    assert value["parent_event_ids"] == [first, other]
    assert value["metadata"] == {"reason": "seen"}
    assert redis.cli("SMEMBERS", REVERSE + other) == child


def test_events_are_looked_up_in_the_history(broker, bb, channel, redis):
    """With RabbitMQ too, where somebody made the stream."""
    queue = f"{bb.exchange}.history"
    channel.exchange_declare(bb.exchange, "topic", durable=True)
    channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "stream"})
    channel.queue_bind(queue, bb.exchange, "#")
    settings = {**redis.settings, "BB_HTTP_URL": "http://guest:guest@127.0.0.1:9"}
    first = id_of(bb(*PUBLISH, "a.one", "--json", '{"text": "one"}', **settings))
    second = id_of(bb(*PUBLISH, "a.two", "--json", "{}", "-c", first, **settings))
    done = bb("trace", second, **settings)
    assert done.returncode == OK, done.stderr
    assert '"one"' in done.stdout and "a.two *" in done.stdout
    assert done.stderr == ""
    # A link by hand may be much later than its event, and its parent, too.
    later = int((time.time() + 3600) * 1000)
    parent = str(uuid.UUID(int=later << 80 | 0x7 << 76 | 0x8 << 60 | 1))
    at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(later // 1000))
    value = {"parent_event_ids": [parent], "created_at": at, "metadata": {}}
    redis.cli("SET", FORWARD + first, json.dumps(value))
    done = bb("trace", first, "--up", **settings)
    assert done.returncode == OK, done.stderr
    assert '"one"' in done.stdout and "a.one *" in done.stdout
    # What has the id of an event and is none does not hide it.
    channel.basic_publish(bb.exchange, "a.one", json.dumps({"id": first}))
    channel.basic_publish(bb.exchange, "a.one", json.dumps({"id": parent}))
    bb(*PUBLISH, "a.parent", "--json", "{}", "--event-id", parent, **settings)
    done = bb("trace", first, "--up", **settings)
    assert "a.parent" in done.stdout and '"one"' in done.stdout
    channel.queue_delete(queue)
    done = bb("trace", second, "--depth", "1", **settings)
    assert done.returncode == OK, done.stderr
    assert done.stdout.startswith(first)
    channel.exchange_delete(bb.exchange)


def timed(run):
    begin = time.monotonic()
    return run(), time.monotonic() - begin


def warned_once(done, *words):
    assert done.returncode == OK, done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    for word in ("warning", *words):
        assert word in lines[0], lines[0]


def test_redis_that_is_not_there_costs_a_warning(publish, redis):
    parent = str(uuid.uuid4())
    redis.stop()
    done = publish("a.one", "-c", parent)
    warned_once(done, "bb link", parent, done.stdout.strip(), str(redis.port))


def test_redis_that_never_answers_costs_a_warning(publish, redis):
    parent = str(uuid.uuid4())
    redis.freeze()
    done = publish("a.one", "-c", parent)
    warned_once(done, "bb link", parent)
    redis.thaw()


def test_a_wrong_password_is_said_once(bb, everything, tmp_path):
    server = RedisServer(tmp_path, password="secret word")
    try:
        lines = "".join(f'{{"n": {n}}}\n' for n in range(3000)).encode()
        wrong = {**server.settings, "REDIS_PASSWORD": "wrong guess"}
        done = bb(*PUBLISH, "a.many", "--jsonl", "-", "-c", str(uuid.uuid4()), stdin=lines, **wrong)
        warned_once(done, "3000", "password")
        assert "wrong guess" not in done.stderr
        done = bb("trace", str(uuid.uuid4()), **wrong)
        assert done.returncode == 4, done.stderr
        right = bb(*PUBLISH, "a.one", "--json", "{}", "-c", str(uuid.uuid4()), **server.settings)
        assert right.stderr == ""
        assert server.cli("DBSIZE") == "2"
    finally:
        server.stop()


def test_redis_that_goes_and_comes_back_while_events_are_published(bb, everything, redis):
    """No event fails; all that it says is missing is what is missing."""
    process = bb.start(*PUBLISH, "a.many", "--jsonl", "-", "--print-ids", "-c", str(uuid.uuid4()),
                       stdin=-1, **redis.settings)
    ids = []
    reader = threading.Thread(target=lambda: ids.extend(process.stdout.read().split()))
    reader.start()
    for burst in range(6):
        if burst in (1, 3):
            redis.stop()
        if burst in (2, 4):
            redis.start()
        for n in range(500):
            process.stdin.write('{"n": %d}\n' % n)
        process.stdin.flush()
        time.sleep(0.3)
    process.stdin.close()
    process.stdin = None
    assert process.wait(PATIENCE_S) == OK
    reader.join()
    assert len(ids) == 3000
    # Redis is there at the end: what it had not lost by being killed is there, and the rest is told.
    recorded = set(redis.cli("--scan", "--pattern", FORWARD + "*").splitlines())
    assert FORWARD + ids[-1] in recorded
    assert len(recorded) >= 1000


@pytest.mark.parametrize("form", [(), ("--cloudevents", "structured"), ("--cloudevents", "binary")])
@pytest.mark.parametrize("by", [("spool", "flush"), (*PUBLISH, "a.two", "--json", "{}")])
def test_what_waited_in_the_spool_gets_its_links_once_it_is_published(
    bb, everything, redis, form, by
):
    parent = str(uuid.uuid4())
    done = bb(*PUBLISH, "a.one", "--json", "{}", "-c", parent, "--spool", "always", *form,
              **redis.settings)
    child = id_of(done)
    assert redis.cli("DBSIZE") == "0"
    done = bb(*by, **redis.settings)
    assert done.returncode == OK, done.stderr
    assert redis.cli("SMEMBERS", REVERSE + parent) == child


def test_a_redis_that_never_answers_is_waited_for_as_long_as_is_said(bb, redis):
    events = [str(uuid.uuid4()) for _ in range(2)]
    redis.freeze()
    for command in (("trace", events[0]), ("link", *events)):
        done, took = timed(lambda: bb(*command, "--timeout", "200ms", **redis.settings))
        assert done.returncode == UNREACHABLE and took < 0.9
        for words in (f"Redis at 127.0.0.1:{redis.port} did not answer within 200ms", "--timeout",
                      "REDIS_HOST", "--links embedded"):
            assert words in done.stderr
    # One that is slow gets the time that it was given.
    threading.Timer(1.5, redis.thaw).start()
    assert bb("link", *events, "--timeout", "20s", **redis.settings).returncode == OK


def test_what_redis_answers_is_said_without_its_script(bb, redis):
    event = str(uuid.uuid4())
    redis.cli("SET", REVERSE + event, "no set")
    done = bb("trace", event, **redis.settings)
    assert done.returncode == FAILURE
    assert "WRONGTYPE" in done.stderr and "REDIS_DB" in done.stderr
    assert "script" not in done.stderr
    redis.stop()
    done = bb("trace", event, **redis.settings)
    assert done.returncode == UNREACHABLE
    assert "REDIS_HOST" in done.stderr and "--links embedded" in done.stderr
