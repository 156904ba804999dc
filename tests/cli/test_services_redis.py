"""The registry of services in Redis, beside either broker; and none at all."""

import json
import os
import pathlib
import signal
import time

import pytest

from bb_pytest import PATIENCE_S
from redis_server import RedisServer

EVENT = "test.services.ran"
PUBLISH = ("publish", EVENT, "--skip-validation", "--quiet")
TTL = ("--ttl", "1500ms")
OK, FAILURE = 0, 1
QUEUE_KINDS = ("", ".dlq") + tuple(f".retry.{1000 * 5**n}" for n in range(4))


@pytest.fixture
def redis(tmp_path):
    one = RedisServer(tmp_path)
    yield one
    one.stop()


@pytest.fixture
def http_url():
    return pathlib.Path(os.environ["BB_TEST_BROKER_URL_FILE"] + ".http").read_text().strip()


@pytest.fixture
def services(bb, channel, redis, http_url):
    """bb.service(name, ...) is a running service, bb.wait_for(name, state) waits for its state."""
    bb.environment.update(redis.settings, BB_HTTP_URL=http_url)
    names = set()

    def service(name, *options, **settings):
        names.add(name)
        process = bb.start(
            "subscribe", "test.#", "--service", name, "--exec", "true", *TTL, *options, **settings
        )
        notice = process.stderr.readline()
        assert "receives" in notice, notice + process.stderr.read()
        return process

    def listed():
        process = bb("services", "-o", "json")
        assert process.returncode == OK, process.stderr
        return {each["name"]: each for each in json.loads(process.stdout)}

    def wait_for(name, condition):
        deadline = time.monotonic() + PATIENCE_S
        found = None
        while time.monotonic() < deadline:
            found = listed().get(name)
            if condition(found):
                return found
            time.sleep(0.05)
        raise AssertionError(f"it is {found}")

    bb.service, bb.listed, bb.wait_for = service, listed, wait_for
    bb.wait_for_state = lambda name, state: wait_for(
        name, lambda found: found and found["state"] == state
    )

    def killed(name, *options):
        """One that was registered, and was killed."""
        process = service(name, *options)
        bb.wait_for_state(name, "live")
        process.kill()

    bb.killed = killed
    yield bb
    bb.stop_all()
    for name in names:
        for kind in QUEUE_KINDS:
            channel.queue_delete(f"{bb.exchange}.{name}{kind}")
    channel.exchange_delete(bb.exchange)


def test_a_service_from_its_start_to_its_end(services):
    assert services.listed() == {}
    process = services.service("svc")
    found = services.wait_for_state("svc", "live")
    assert found["queue"] == f"{services.exchange}.svc"
    assert found["instances"][0]["pid"] == process.pid
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_S) == 130
    assert services.listed()["svc"]["state"] == "stopped"
    assert process.stderr.read() == ""


def test_one_that_is_killed_is_gone_its_queue_collects_and_it_comes_back(services):
    services.killed("svc")
    services.wait_for_state("svc", "gone")
    for _ in range(3):
        assert services(*PUBLISH, "--json", "{}").returncode == OK
    services.wait_for("svc", lambda found: found["messages"] == 3)
    services.service("svc")
    services.wait_for("svc", lambda found: found["state"] == "live" and found["messages"] == 0)
    services.wait_for("svc", lambda found: found["ack_rate"] is not None)


def test_removing_leaves_the_queue(services, redis, channel):
    services.killed("svc")
    services.wait_for_state("svc", "gone")
    removed = services("services", "remove", "svc", "--yes")
    assert removed.returncode == OK and "is kept" in removed.stderr
    assert services.listed() == {} and redis.cli("DBSIZE") == "0"
    channel.queue_declare(f"{services.exchange}.svc", passive=True)


def test_one_that_wants_to_expire_leaves_nothing(services, redis):
    services.killed("svc", "--expire", "1s")
    services.wait_for("svc", lambda found: found is None)
    assert redis.cli("DBSIZE") == "0"


def test_redis_that_is_away_disturbs_no_service(services, redis):
    process = services.service("svc")
    services.wait_for_state("svc", "live")
    redis.stop()
    warning = process.stderr.readline()
    assert "not registered as a service, and runs all the same" in warning
    away = services("services")
    assert away.returncode != OK and "REDIS_HOST" in away.stderr
    assert len(away.stderr.splitlines()) == 1
    assert services(*PUBLISH, "--json", "{}").returncode == OK
    redis.start()
    assert "registered again" in process.stderr.readline()
    services.wait_for("svc", lambda found: found["state"] == "live" and found["messages"] == 0)
    process.send_signal(signal.SIGTERM)
    process.wait(PATIENCE_S)
    assert process.stderr.read() == ""


def test_a_password(services, tmp_path):
    guarded = RedisServer(tmp_path, password="open sesame")
    try:
        services.environment.update(guarded.settings)
        services.service("svc")
        services.wait_for_state("svc", "live")
        refused = services("services", REDIS_PASSWORD="wrong word")
        assert refused.returncode != OK and "wrong word" not in refused.stderr
        assert "REDIS_PASSWORD" in refused.stderr
    finally:
        guarded.stop()


def test_without_redis_it_is_the_brokers_own_registry_or_none(services, broker):
    process = services.service("svc", "--count", "1", REDIS_HOST=None)
    if broker.name == "rabbitmq":
        notice = process.stderr.readline()
        assert "not registered as a service" in notice and "set REDIS_HOST" in notice
    assert services(*PUBLISH, "--json", "{}").returncode == OK
    assert process.wait(PATIENCE_S) == OK
    assert process.stderr.read() == "", "it is said once"
    assert services.listed() == {}, "not in Redis"
    asked = services("services", "show", "svc", "-o", "json", REDIS_HOST=None)
    if broker.name == "rabbitmq":
        assert asked.returncode == FAILURE and "set REDIS_HOST" in asked.stderr
    else:
        assert json.loads(asked.stdout)["state"] == "stopped"
        removed = services("services", "remove", "svc", "--yes", REDIS_HOST=None)
        assert removed.returncode == OK, removed.stderr
