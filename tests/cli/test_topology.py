"""`bb topology`: exchanges, bindings, queues and services as a tree, and what is wrong with them."""

import json
import shutil
import subprocess
import time

import pytest

from bb_pytest import PATIENCE_S

OK, USAGE, REFUSED, UNREACHABLE = 0, 2, 4, 7


@pytest.fixture
def vhost(bb, own_vhost, http_url):
    """The program, with a virtual host of the test's own."""
    bb.environment.update(RABBIT_URL=own_vhost, BB_HTTP_URL=http_url, EXCHANGE_NAME="events")
    return bb


def eventually(look):
    """What look() returns once that is true: RabbitMQ counts late."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it never came")


@pytest.fixture
def service(vhost):
    """A service `greeter` with two dead letters, and two events that wait for it."""
    process = vhost.start(
        "subscribe", "llm.*", "--service", "greeter", "--exec", "exit 1", "--attempts", "1",
        "--count", "2", "--timeout", f"{PATIENCE_S}s",
    )
    assert "receives" in process.stderr.readline()
    publish = ("publish", "llm.prompt", "--skip-validation", "--json", "{}")
    for _ in range(2):
        assert vhost(*publish).returncode == OK
    assert process.wait(PATIENCE_S) == OK
    for _ in range(2):
        assert vhost(*publish).returncode == OK

    def counted():
        queues = json.loads(vhost("queues", "list", "-o", "json").stdout)
        counts = {queue["name"]: queue.get("messages") for queue in queues}
        return counts.get("events.greeter") == 2 and counts.get("events.greeter.dlq") == 2

    eventually(counted)
    return vhost


def test_is_a_tree_with_the_service_folded(service):
    shown = service("topology")
    assert shown.returncode == OK
    lines = shown.stdout.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("exchange events (topic)"))
    assert lines[at + 1] == "└─ llm.*"
    assert lines[at + 2] == (
        "   └─ queue events.greeter (classic): 2 messages, 0 consumers, 2 dead letters"
    )
    assert lines[at + 3] == "      └─ service greeter"
    assert "retry" not in shown.stdout and ".dlq" not in shown.stdout
    assert "the queue 'events.greeter' has no consumers and 2 messages" in shown.stderr
    assert "start the service 'greeter'" in shown.stderr


def test_tells_patterns_that_match_nothing_known(service):
    declared = service("bindings", "declare", "events", "events.greeter", "--key", "llm.promt")
    assert declared.returncode == OK
    shown = service("topology", "-o", "json")
    warnings = json.loads(shown.stdout)["warnings"]
    assert [(w["kind"], w["subject"]) for w in warnings] == [
        ("no-consumers", "events.greeter"),
        ("unknown-event-type", "llm.promt"),
    ]
    assert "did you mean 'llm.prompt'?" in warnings[1]["text"] and shown.stderr == ""


def test_tells_what_grows(service):
    watch = service.start("topology", "--interval", "3s", "-o", "json")
    time.sleep(1)
    for _ in range(3):
        service("publish", "llm.prompt", "--skip-validation", "--json", "{}")
    out, err = watch.communicate(timeout=PATIENCE_S)
    assert watch.returncode == OK, err
    [warning] = json.loads(out)["warnings"]
    assert warning["kind"] == "no-consumers" and "has no consumers" in warning["text"]


def test_graphs(service):
    dot = service("topology", "-o", "dot").stdout
    assert dot.startswith("digraph topology {") and '[label="llm.*"]' in dot
    if shutil.which("dot"):
        drawn = subprocess.run(["dot", "-Tsvg"], input=dot.encode(), capture_output=True)
        assert drawn.returncode == 0, drawn.stderr
    mermaid = service("topology", "-o", "mermaid").stdout
    assert mermaid.startswith("flowchart LR\n") and '-->|"llm.*"|' in mermaid


def test_as_json(service):
    tree = json.loads(service("topology", "-o", "json").stdout)
    [exchange] = [each for each in tree["exchanges"] if each["name"] == "events"]
    assert exchange["bindings"] == [{"pattern": "llm.*", "queue": "events.greeter"}]
    [queue] = [each for each in tree["queues"] if each["name"] == "events.greeter"]
    assert queue["service"] == "greeter" and queue["dead_letters"] == 2


def test_an_exchange_that_is_not_there(vhost):
    missing = vhost("topology", "--exchange", "nosuch")
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "no exchange 'nosuch'" in missing.stderr and len(missing.stderr.splitlines()) == 1
    # That of the settings is made by whoever subscribes or publishes first.
    assert vhost("topology").returncode == OK


def test_trouble(vhost, bb_alone, unique):
    wrong = vhost("topology", "--vhost", unique("none"))
    assert wrong.returncode == 1 and "there is no vhost" in wrong.stderr
    assert vhost("topology", "-o", "svg").returncode == USAGE
    assert vhost("topology").returncode == OK, "an empty one is no failure"
    gone = bb_alone("topology", "--http-url", "http://127.0.0.1:1")
    assert gone.returncode == UNREACHABLE and len(gone.stderr.splitlines()) == 1
