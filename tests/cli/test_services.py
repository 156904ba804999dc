"""The registry of services: `bb subscribe --service` and `bb services`, on a `bb serve`."""

import http.server
import json
import os
import signal
import threading
import time

import pytest

from bb_pytest import PATIENCE_S, Program
from service import free_ports

EVENT = "test.services.ran"
PUBLISH = ("publish", EVENT, "--skip-validation", "--quiet")
OK, FAILURE, USAGE, REFUSED = 0, 1, 2, 4


class Bus:
    """A `bb serve` of the test's own, that can be killed and started again, and `bb` for it."""

    def __init__(self, folder):
        self.amqp_port, self.http_port = free_ports(2)
        self.bb = Program(
            folder,
            RABBIT_URL=f"amqp://guest:guest@127.0.0.1:{self.amqp_port}/",
            BB_HTTP_URL=f"http://guest:guest@127.0.0.1:{self.http_port}",
            EXCHANGE_NAME="events",
        )
        self.serve()

    def serve(self):
        self.server = self.bb.start(
            "serve", "--port", self.amqp_port, "--http-port", self.http_port
        )
        line = self.server.stdout.readline()
        assert "listening" in line, line + self.server.stderr.read()

    def stop(self):
        self.server.send_signal(signal.SIGTERM)
        assert self.server.wait(PATIENCE_S) == 0

    def kill(self):
        self.server.kill()
        self.server.wait(PATIENCE_S)

    def service(self, name, *options, command="true", ttl="1500ms"):
        """A running `bb subscribe --service` that receives."""
        process = self.bb.start(
            "subscribe",
            "test.#",
            "--service",
            name,
            "--exec",
            command,
            "--ttl",
            ttl,
            *options,
        )
        notice = process.stderr.readline()
        assert "receives" in notice, notice + process.stderr.read()
        return process

    def listed(self, *options):
        """The services by name."""
        process = self.bb("services", "list", "-o", "json", *options)
        assert process.returncode == OK, process.stderr
        return {each["name"]: each for each in json.loads(process.stdout)}

    def wait_for(self, name, condition, *options):
        """The service once it is so."""
        deadline = time.monotonic() + PATIENCE_S
        found = None
        while time.monotonic() < deadline:
            found = self.listed(*options).get(name)
            if condition(found):
                return found
            time.sleep(0.05)
        raise AssertionError(f"it is {found}")

    def wait_for_state(self, name, state):
        return self.wait_for(name, lambda found: found and found["state"] == state)


@pytest.fixture
def bus(tmp_path):
    one = Bus(tmp_path)
    yield one
    one.bb.stop_all()


def last_line(process):
    return process.stderr.strip().splitlines()[-1]


def test_a_service_is_registered_and_says_that_it_ends(bus):
    assert bus.listed() == {}
    service = bus.service("svc", "--health-url", "http://127.0.0.1:9/health")
    found = bus.wait_for_state("svc", "live")
    assert found["queue"] == "events.svc" and found["exchange"] == "events"
    assert found["patterns"] == ["test.#"] and found["vhost"] == "/"
    (instance,) = found["instances"]
    assert instance["pid"] == service.pid and instance["ttl_ms"] == 1500
    assert instance["host"] and instance["version"] and instance["started_at"]
    assert instance["health_url"] == "http://127.0.0.1:9/health"
    assert found["messages"] == 0 and found["consumers"] == 1
    service.send_signal(signal.SIGTERM)
    assert service.wait(PATIENCE_S) == 130
    assert bus.listed()["svc"]["state"] == "stopped"
    assert service.stderr.read() == ""


def test_one_that_prints_is_one_too(bus):
    process = bus.bb.start("subscribe", "test.#", "--service", "printer", "--count", "1", "--ttl", "2s")
    bus.wait_for_state("printer", "live")
    bus.bb(*PUBLISH, "--json", "{}")
    assert process.wait(PATIENCE_S) == OK
    assert bus.listed()["printer"]["state"] == "stopped"


def test_one_that_is_killed_is_gone_and_its_queue_collects(bus):
    first = bus.service("svc")
    bus.wait_for_state("svc", "live")
    first.kill()
    bus.wait_for_state("svc", "gone")
    for _ in range(3):
        assert bus.bb(*PUBLISH, "--json", "{}").returncode == OK
    found = bus.wait_for("svc", lambda found: found["messages"] == 3)
    assert found["state"] == "gone" and found["consumers"] == 0
    assert found["lag_ms"] >= 0 and found["oldest_unacked_ms"] is None
    second = bus.service("svc")
    found = bus.wait_for(
        "svc", lambda found: found["state"] == "live" and found["messages"] == 0
    )
    assert [each["state"] for each in found["instances"]] == ["live", "gone"]
    assert found["instances"][0]["pid"] == second.pid
    assert found["ack_rate"] > 0 and found["deliver_rate"] > 0 and found["lag_ms"] is None


def test_one_that_misses_a_heartbeat_is_late(bus):
    service = bus.service("svc", ttl="6s")
    bus.wait_for_state("svc", "live")
    service.send_signal(signal.SIGSTOP)
    bus.wait_for_state("svc", "late")
    bus.wait_for_state("svc", "gone")
    service.send_signal(signal.SIGCONT)
    bus.wait_for_state("svc", "live")


def test_what_hangs_shows_as_unacknowledged(bus):
    go_on = bus.bb.folder / "go-on"
    bus.service("svc", command=f"until [ -e {go_on} ]; do sleep 0.05; done")
    try:
        bus.wait_for_state("svc", "live")
        bus.bb(*PUBLISH, "--json", "{}")
        found = bus.wait_for("svc", lambda found: (found["oldest_unacked_ms"] or 0) > 0)
        assert found["messages_unacknowledged"] == 1 and found["messages_ready"] == 0
        assert "svc" in bus.bb("services").stdout
    finally:
        go_on.touch()
    bus.wait_for("svc", lambda found: found["oldest_unacked_ms"] is None)


def test_the_registry_outlives_the_broker(bus):
    service = bus.service("svc")
    gone = bus.service("gone")
    bus.wait_for_state("svc", "live")
    bus.wait_for_state("gone", "live")
    gone.kill()
    bus.wait_for_state("gone", "gone")
    bus.stop()
    bus.serve()
    assert bus.listed()["gone"]["state"] == "gone"
    assert bus.listed()["svc"]["state"] in ("live", "late")
    bus.wait_for_state("svc", "live")
    bus.kill()
    bus.serve()
    assert set(bus.listed()) == {"svc", "gone"}
    bus.wait_for_state("svc", "live")
    # Each time once that it is away, and once that it is back; the rest is about the connection.
    service.send_signal(signal.SIGTERM)
    service.wait(PATIENCE_S)
    said = [line for line in service.stderr.read().splitlines() if "registered" in line]
    assert len(said) <= 4, said
    assert all("not registered" in line for line in said[0::2]), said
    assert all("registered again" in line for line in said[1::2]), said


def test_a_registry_that_has_forgotten_learns_it_again(bus):
    bus.service("svc")
    bus.wait_for_state("svc", "live")
    bus.kill()
    (bus.bb.folder / ".local/state/bloodbank/services.json").write_text("{")
    bus.serve()
    bus.wait_for_state("svc", "live")


def test_removing_leaves_the_queue(bus):
    service = bus.service("svc")
    bus.wait_for_state("svc", "live")
    refused = bus.bb("services", "remove", "svc", "--yes")
    assert refused.returncode == FAILURE and "stop it first" in refused.stderr
    service.kill()
    bus.wait_for_state("svc", "gone")
    asked = bus.bb("services", "remove", "svc")
    assert asked.returncode == USAGE and "--yes" in asked.stderr
    removed = bus.bb("services", "remove", "svc", "--yes")
    assert removed.returncode == OK and removed.stdout == ""
    assert "is kept" in removed.stderr and "bb queues delete" in removed.stderr
    assert bus.listed() == {}
    assert bus.bb("queues", "show", "events.svc").returncode == OK
    again = bus.bb("services", "remove", "svc", "--yes")
    assert again.returncode == FAILURE and "no service 'svc'" in again.stderr


def test_one_that_wants_to_expire_does(bus):
    service = bus.service("svc", "--expire", "1s")
    stays = bus.service("stays")
    bus.wait_for_state("svc", "live")
    bus.wait_for_state("stays", "live")
    service.kill()
    stays.kill()
    bus.wait_for("svc", lambda found: found is None)
    bus.wait_for_state("stays", "gone")
    assert bus.bb("queues", "show", "events.svc").returncode == OK


def test_health_urls_are_asked(bus):
    status = {"/well": 200, "/ill": 503}
    hang = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path == "/hangs":
                hang.wait(PATIENCE_S)
            self.send_response(status.get(self.path, 500))
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        base = f"http://127.0.0.1:{server.server_port}"
        for name in ("well", "ill", "hangs"):
            bus.service(name, "--health-url", f"{base}/{name}")
            bus.wait_for("" + name, lambda found: found is not None, "--no-health")
        listed = bus.listed("--health-timeout", "500ms")
        assert {name: each["health"] for name, each in listed.items()} == {
            "well": "ok",
            "ill": "failing",
            "hangs": "failing",
        }
        health = {name: each["instances"][0]["health"] for name, each in listed.items()}
        assert health["ill"]["status"] == 503 and not health["ill"]["ok"]
        assert "no answer" in health["hangs"]["error"]
        assert bus.listed("--no-health")["well"]["health"] is None
    finally:
        hang.set()
        server.shutdown()


def test_what_is_printed(bus):
    nothing = bus.bb("services")
    assert (nothing.returncode, nothing.stdout) == (OK, "")
    assert nothing.stderr == "bb: no services are registered\n"
    bus.service("one")
    bus.service("two")
    bus.wait_for_state("one", "live")
    bus.wait_for_state("two", "live")
    table = bus.bb("services").stdout.splitlines()
    assert table[0].split()[:2] == ["NAME", "STATE"] and len(table) == 3
    assert table[1].split()[:3] == ["one", "live", "1/1"]
    lines = bus.bb("services", "-o", "ndjson").stdout.splitlines()
    assert [json.loads(line)["name"] for line in lines] == ["one", "two"]
    assert set(bus.listed("--name", "t*")) == {"two"}
    assert bus.listed("--state", "gone") == {}
    assert set(bus.listed("--exchange", "events")) == {"one", "two"}
    assert bus.listed("--exchange", "others") == {}
    shown = bus.bb("services", "show", "one")
    assert shown.returncode == OK and "events.one" in shown.stdout and "PID" in shown.stdout
    as_json = json.loads(bus.bb("services", "show", "one", "-o", "json").stdout)
    assert as_json["name"] == "one" and len(as_json["instances"]) == 1
    wrong = bus.bb("services", "show", "onee")
    assert wrong.returncode == FAILURE and "did you mean 'one'" in wrong.stderr


def test_several_processes_are_one_service(bus):
    processes = [bus.service("svc") for _ in range(3)]
    found = bus.wait_for("svc", lambda found: found and len(found["instances"]) == 3)
    assert {each["pid"] for each in found["instances"]} == {each.pid for each in processes}
    processes[0].kill()
    found = bus.wait_for(
        "svc",
        lambda found: sorted(each["state"] for each in found["instances"])
        == ["gone", "live", "live"],
    )
    assert found["state"] == "live"
    processes[1].send_signal(signal.SIGTERM)
    processes[1].wait(PATIENCE_S)
    bus.wait_for("svc", lambda found: len(found["instances"]) == 2)


def test_a_service_runs_where_it_cannot_register(bus):
    nowhere = free_ports(1)[0]
    process = bus.bb.start(
        "subscribe",
        "test.#",
        "--service",
        "svc",
        "--exec",
        "true",
        "--count",
        "1",
        BB_HTTP_URL=f"http://guest:guest@127.0.0.1:{nowhere}",
    )
    assert "receives" in process.stderr.readline()
    warning = process.stderr.readline()
    assert "not registered as a service, and runs all the same" in warning
    bus.bb(*PUBLISH, "--json", "{}")
    assert process.wait(PATIENCE_S) == OK
    assert process.stderr.read() == ""
    assert bus.listed() == {}


def test_an_account_without_tags_can_run_a_service(bus):
    bb = bus.bb
    assert bb("user", "add", "worker", "--password-stdin", stdin=b"pw\n").returncode == OK
    assert bb("user", "permit", "worker", "--configure", r"^events(\.svc.*)?$", "--write", ".*",
              "--read", r"^events(\.svc.*)?$").returncode == OK
    url = f"amqp://worker:pw@127.0.0.1:{bus.amqp_port}/"
    http_url = f"http://worker:pw@127.0.0.1:{bus.http_port}"
    process = bb.start("subscribe", "test.#", "--service", "svc", "--exec", "true",
                       RABBIT_URL=url, BB_HTTP_URL=http_url)
    assert "receives" in process.stderr.readline()
    bus.wait_for_state("svc", "live")
    refused = bb("services", RABBIT_URL=url, BB_HTTP_URL=http_url)
    assert refused.returncode == REFUSED and "Not management user" in refused.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("--ttl", "1s"),
        ("--expire", "1h"),
        ("--health-url", "http://localhost/"),
        ("--service", "svc", "--ttl", "1ms"),
        ("--service", "svc", "--ttl", "48h"),
        ("--service", "svc", "--health-url", "ftp://localhost/"),
        ("--service", "svc", "--health-url", "http://user:secret@localhost/"),
    ],
)
def test_wrong_options(bb_alone, options):
    process = bb_alone("subscribe", "#", *options)
    assert process.returncode == USAGE and len(process.stderr.splitlines()) == 1
    assert "secret" not in process.stderr


def test_no_broker(bb_alone):
    process = bb_alone("services", BB_HTTP_URL="http://guest:guest@127.0.0.1:9")
    assert process.returncode != OK and process.stdout == ""
    assert len(process.stderr.splitlines()) == 1
