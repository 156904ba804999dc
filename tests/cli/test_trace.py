"""`bb trace`, `bb link`, `bb event-id`: what caused what, kept by `bb serve` itself."""

import json
import pathlib
import re
import signal
import socket
import sqlite3
import subprocess
import time
import uuid

import pika
import pytest

from bb_pytest import PATIENCE_S

EVENTS = "bloodbank.events.v1"
PUBLISH = ("publish", "--skip-validation", "--quiet")
OK, FAILURE, USAGE, REFUSED, UNREACHABLE = 0, 1, 2, 4, 7


class Bus:
    """A `bb serve` with data of its own, and the program as its client."""

    def __init__(self, program, *options):
        self.program = program
        self.options = options
        self.start()

    def start(self, *options):
        data = self.program.folder / "data"
        self.process = self.program.start(
            "serve", "--port", "0", "--data-dir", data, *self.options, *options
        )
        urls = {}
        for line in self.process.stdout:
            found = re.search(r"(amqp|http)://([0-9.]+:\d+)", line)
            if found:
                urls.setdefault(found.group(1), f"{found.group(1)}://guest:guest@{found.group(2)}")
            if "http" in urls:
                break
        assert "http" in urls, self.process.stderr.read()
        self.settings = {"RABBIT_URL": urls["amqp"], "BB_HTTP_URL": urls["http"]}

    def __call__(self, *arguments, stdin=b"", **settings):
        return self.program(*arguments, stdin=stdin, **{**self.settings, **settings})

    def publish(self, event_type, *options, payload=None):
        """Its id."""
        done = self(*PUBLISH, event_type, "--json", json.dumps(payload or {}), *options)
        assert done.returncode == OK, done.stderr
        return done.stdout.strip()

    def trace(self, *arguments, code=OK):
        done = self("trace", *arguments)
        assert done.returncode == code, done.stderr
        return done

    def graph(self, *arguments):
        return json.loads(self.trace(*arguments, "-o", "json").stdout)

    def types(self, *arguments):
        return [event["event"]["event_type"] for event in self.graph(*arguments)["events"]]


@pytest.fixture
def bus(bb_alone):
    return Bus(bb_alone)


def test_a_chain_is_drawn_as_a_tree(bus):
    prompt = bus.publish("agent.thread.prompt", "--source-app", "cli", payload={"text": "hi there"})
    answer = bus.publish("agent.thread.response", "-c", prompt, payload={"n": 1.50})
    bus.publish("agent.thread.error", "-c", prompt, payload={"message": "no\tway"})
    bus.publish("artifact.created.now", "-c", answer)
    done = bus.trace(prompt)
    lines = done.stdout.splitlines()
    assert done.stderr == ""
    assert len(lines) == 4
    assert re.match(r'agent\.thread\.prompt \* .*\d\d:\d\d:\d\d\.\d{3} .* cli .* "hi there"$', lines[0])
    assert re.match(r'├─ agent\.thread\.response .*\+[\d.]+m?s .*\{"n": ?1\.5', lines[1])
    assert lines[2].startswith("│  └─ artifact.created.now")
    assert lines[3].startswith("└─ agent.thread.error") and r'"no\tway"' in lines[3]
    assert prompt[28:] in lines[0] and answer[28:] in lines[1]
    assert answer in bus.trace(prompt, "--ids").stdout


def test_up_and_down(bus):
    first = bus.publish("a.one")
    second = bus.publish("a.two", "-c", first)
    bus.publish("a.sibling", "-c", first)
    third = bus.publish("a.three", "-c", second)
    bus.publish("a.four", "-c", third)
    assert bus.types(second, "--up") == ["a.one", "a.two"]
    assert bus.types(second, "--down") == ["a.two", "a.three", "a.four"]
    assert bus.types(second, "--up", "--down") == ["a.one", "a.two", "a.three", "a.four"]
    assert sorted(bus.types(second)) == ["a.four", "a.one", "a.sibling", "a.three", "a.two"]
    cut = bus.trace(first, "--down", "--depth", "1")
    assert len(cut.stdout.splitlines()) == 3
    assert "--depth" in cut.stderr
    small = bus.trace(first, "--events", "2")
    assert "--events" in small.stderr


def test_an_event_with_two_causes_stands_below_the_first(bus):
    top = bus.publish("d.top")
    left = bus.publish("d.left", "-c", top)
    right = bus.publish("d.right", "-c", top)
    bottom = bus.publish("d.bottom", "-c", left, "-c", right)
    bus.publish("d.after", "-c", bottom)
    lines = bus.trace(top).stdout.splitlines()
    names = [re.search(r"d\.\w+( \(above\))?", line).group() for line in lines]
    assert names == ["d.top", "d.left", "d.bottom", "d.after", "d.right", "d.bottom (above)"]


def test_for_programs(bus):
    first = bus.publish("a.one", payload={"text": 'say "x" <b> #1 & %%{init: {}}%%'})
    second = bus.publish("a.two", "-c", first)
    graph = bus.graph(first)
    assert graph["edges"] == [{"parent": first, "child": second}]
    assert graph["events"][0]["event"]["payload"] == {
        "text": 'say "x" <b> #1 & %%{init: {}}%%'
    }
    assert graph["events"][0]["parents"] is None
    assert graph["events"][1]["parents"] == [first]
    assert graph["cycles"] == []
    dot = bus.trace(first, "-o", "dot").stdout
    assert f'"{first}" -> "{second}"' in dot and dot.startswith("digraph")
    mermaid = bus.trace(first, "-o", "mermaid").stdout
    assert mermaid.startswith("flowchart") and "e0 -->|" in mermaid
    assert "#quot;x#quot; #lt;b#gt; #35;1 #amp;" in mermaid
    assert "#37;#37;{init" in mermaid and "%" not in mermaid
    done = bus("trace", first, "-o", "dot", "--timeline")
    assert done.returncode == USAGE


def test_a_timeline_has_a_bar_for_each_step(bus):
    first = bus.publish("a.one")
    bus.publish("a.two", "-c", first)
    lines = bus.trace(first, "--timeline").stdout.splitlines()
    assert re.match(r" +0 .*\+[\d.]+m?s$", lines[0])
    assert lines[1].startswith("a.one *") and "●" in lines[1] and "━" not in lines[1]
    assert lines[2].startswith("└─ a.two") and "━●" in lines[2]


def test_a_clock_that_is_behind_shows_the_event_at_its_own_time(bus):
    first = bus.publish("a.one")
    event = json.loads(bus(*PUBLISH, "a.two", "--json", "{}", "-c", first, "--dry-run").stdout)
    event["timestamp"] = "2020-01-01T00:00:00Z"
    done = bus("publish", "--skip-validation", "--envelope-file", "-", stdin=json.dumps(event).encode())
    assert done.returncode == OK, done.stderr
    lines = bus.trace(first, "--timeline").stdout.splitlines()
    assert re.match(r"a\.one \* +●$", lines[1])
    assert re.match(r"└─ a\.two +●━+ +-\d+d\d\dh$", lines[2])
    assert lines[2].index("●") < lines[1].index("●")


def test_payloads_as_a_whole(bus):
    first = bus.publish("a.one", payload={"list": [1, {"deep": True}]})
    out = bus.trace(first, "--payload").stdout
    assert '"deep": true' in out


def test_by_the_name_of_the_original(bus):
    first = bus.publish("a.one")
    assert bus("query-correlation", first).stdout == bus.trace(first).stdout


def test_an_event_that_nobody_knows(bus):
    done = bus("trace", str(uuid.uuid4()))
    assert done.returncode == FAILURE
    assert "nothing is known" in done.stderr
    assert bus("trace", "x").returncode == USAGE
    # It says of itself what caused it; of that there is no more than the id.
    ghost = str(uuid.uuid4())
    child = bus.publish("a.child", "-c", ghost)
    done = bus.trace(child)
    assert done.stdout.startswith(ghost)
    assert "1 of 2 events are not in the history" in done.stderr


def test_what_limits_and_the_direction_leave_out_is_known_all_the_same(bus):
    ghost = str(uuid.uuid4())
    child = bus.publish("a.child")
    assert bus("link", child, ghost).returncode == OK
    assert len(bus.trace(ghost).stdout.splitlines()) == 2
    for cut in (["--up"], ["--depth", "0"], ["--events", "1"], ["--up", "--depth", "0"]):
        done = bus.trace(ghost, *cut)
        assert done.stdout.startswith(f"{ghost} *") and len(done.stdout.splitlines()) == 1
    parent, child = str(uuid.uuid4()), str(uuid.uuid4())
    assert bus("link", child, parent).returncode == OK
    assert bus.trace(child, "--down").stdout.startswith(f"{child} *")


def test_an_event_that_is_not_recorded_yet_is_not_called_unknown_without_saying_so(bus):
    bus.trace(bus.publish("a.one"))
    file = sqlite3.connect(bus.program.folder / "data" / "correlation.sqlite", isolation_level=None)
    file.execute("BEGIN IMMEDIATE")
    event = bus.publish("a.two")
    done = bus.trace(event, code=FAILURE)
    assert "nothing is known" in done.stderr and "not recorded yet; ask again" in done.stderr
    file.execute("ROLLBACK")
    file.close()
    assert bus.types(event) == ["a.two"]


def test_what_has_the_id_of_an_event_and_is_none_does_not_hide_it(bus):
    event = bus.publish("a.one", payload={"text": "the real one"})
    with pika.BlockingConnection(pika.URLParameters(bus.settings["RABBIT_URL"])) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_publish(EVENTS, "a.one", json.dumps({"id": event}))
    assert '"the real one"' in bus.trace(event).stdout


def test_links_by_hand(bus):
    first, second, third = (bus.publish(f"a.{n}") for n in ("one", "two", "three"))
    done = bus("link", third, first, second, first, "--reason", 'she said "so"',
               "--metadata", '{"by": "hand", "n": 1.50}')
    assert done.returncode == OK, done.stderr
    link = json.loads(done.stdout)
    assert link["event_id"] == third and link["parents"] == [first, second]
    assert link["metadata"] == {"by": "hand", "n": 1.5, "reason": 'she said "so"'}
    assert '"n":1.50' in done.stdout
    assert bus.types(third, "--up") == ["a.one", "a.two", "a.three"]
    assert bus.graph(third, "--up")["events"][2]["metadata"]["reason"] == 'she said "so"'
    tree = bus.trace(third, "--up").stdout
    assert tree.count('(reason: she said "so")') == 1
    assert '(reason: she said "so")' in bus.trace(third, "--up", "--payload").stdout
    # What the event says itself stays.
    fourth = bus.publish("a.four", "-c", first)
    assert bus("link", fourth, third).returncode == OK
    assert bus.graph(fourth, "--up")["events"][-1]["parents"] == [first, third]
    assert bus("link", fourth).returncode == USAGE
    assert bus("link", fourth, third, "--metadata", "[]").returncode == 5


def test_a_cycle_is_reported(bus):
    first = bus.publish("a.one")
    second = bus.publish("a.two", "-c", first)
    assert bus("link", first, second).returncode == OK
    done = bus.trace(first)
    assert "a cycle: a.two" in done.stderr, "what was recorded first comes first"
    assert len(done.stdout.splitlines()) == 3
    assert len(bus.graph(first)["cycles"]) == 1
    assert bus("link", first, first).returncode == OK
    ghosts = [str(uuid.uuid4()) for _ in range(2)]
    assert bus("link", ghosts[0], ghosts[0]).returncode == OK
    said = bus.trace(ghosts[0]).stderr
    assert f"a cycle: {ghosts[0]} is said to have caused itself" in said
    assert bus("link", ghosts[1], ghosts[0]).returncode == OK
    assert bus("link", ghosts[0], ghosts[1]).returncode == OK
    said = bus.trace(ghosts[0]).stderr
    assert f"{ghosts[1]} are said" in said or f"{ghosts[0]} are said" in said
    assert all(said.count(ghost[28:]) == 1 for ghost in ghosts)


def test_goes_on_after_a_crash_where_it_was(bus):
    first = bus.publish("a.one")
    second = bus.publish("a.two", "-c", first)
    assert bus.types(second) == ["a.one", "a.two"]
    # Published and confirmed, and killed before anybody asked: it may not be recorded.
    third = bus.publish("a.three", "-c", second)
    bus.process.send_signal(signal.SIGKILL)
    bus.process.wait(PATIENCE_S)
    bus.start()
    assert bus.types(third) == ["a.one", "a.two", "a.three"]
    # Without its file it reads the history again.
    bus.process.terminate()
    assert bus.process.wait(PATIENCE_S) == 0
    for file in (bus.program.folder / "data").glob("correlation.sqlite*"):
        file.unlink()
    bus.start()
    assert bus.types(third) == ["a.one", "a.two", "a.three"]


def test_many_events_at_once_are_all_there(bus):
    root = bus.publish("a.root")
    lines = "".join(f'{{"n": {n}}}\n' for n in range(5000)).encode()
    done = bus(*PUBLISH, "a.many", "--jsonl", "-", "-c", root, stdin=lines)
    assert done.returncode == OK, done.stderr
    # It is told of those that are recorded; a busy machine has the last ones later.
    deadline = time.monotonic() + PATIENCE_S
    graph = bus.graph(root)
    while len(graph["events"]) < 5001 and time.monotonic() < deadline:
        graph = bus.graph(root)
    assert len(graph["events"]) == 5001
    assert all("event" in event for event in graph["events"])


def test_switched_off(bb_alone):
    for options in (["--correlation", "off"], ["--no-history"]):
        bus = Bus(bb_alone, *options)
        done = bus("trace", str(uuid.uuid4()))
        assert done.returncode == FAILURE
        assert "does not keep" in done.stderr
        bus.process.terminate()
        assert bus.process.wait(PATIENCE_S) == 0
        assert not list((bb_alone.folder / "data").glob("correlation.sqlite*"))


def test_a_file_that_cannot_be_used_costs_the_links_and_no_more(bb_alone):
    (bb_alone.folder / "data").mkdir()
    (bb_alone.folder / "data" / "correlation.sqlite").write_bytes(b"x" * 8192)
    bus = Bus(bb_alone)
    event = bus.publish("a.one")
    done = bus("trace", event)
    assert done.returncode == FAILURE and "correlation.sqlite" in done.stderr
    assert "may be removed while bb serve does not run" in done.stderr
    bus.process.terminate()
    assert "correlation.sqlite" in bus.process.stderr.read()


def test_who_may_not_read_the_history_may_not_trace(bus):
    event = bus.publish("a.one")
    assert bus("user", "add", "eve", "--password-stdin", "--tag", "management",
               stdin=b"pw\n").returncode == OK
    http = bus.settings["BB_HTTP_URL"].replace("guest:guest", "eve:pw")
    assert bus("trace", event, BB_HTTP_URL=http).returncode == REFUSED


@pytest.fixture
def silent():
    """The port of one who accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("command", [("trace",), ("link", str(uuid.uuid4()))])
def test_a_server_that_hangs_can_be_left_at_any_time(bb_alone, silent, command):
    url = f"http://guest:guest@127.0.0.1:{silent}"
    process = bb_alone.start(*command, str(uuid.uuid4()), BB_HTTP_URL=url)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    assert process.wait(5) == 130
    done = bb_alone(*command, str(uuid.uuid4()), "--timeout", "300ms", BB_HTTP_URL=url)
    assert done.returncode == UNREACHABLE
    assert f"127.0.0.1:{silent} did not answer within 300ms" in done.stderr
    assert "--timeout" in done.stderr


def test_without_a_broker(bb_alone):
    done = bb_alone("trace", str(uuid.uuid4()), BB_HTTP_URL="http://127.0.0.1:9")
    assert done.returncode == UNREACHABLE


def test_event_ids_are_those_of_the_wire_contract(bb_alone):
    def event_id(*arguments):
        done = bb_alone("event-id", *arguments)
        assert done.returncode == OK, done.stderr
        return done.stdout.strip()

    upload = "fireflies.transcript.upload"
    assert event_id(upload, "--key", "meeting_abc123") == "92ac3d31-3cbb-5518-9cc9-eaa1d1198639"
    for fields in (["meeting_id=abc123", "user_id=user_456"], ["user_id=user_456", "meeting_id=abc123"]):
        assert event_id(upload, *fields) == "dcbf406d-aaae-5a9a-8b36-38bb4f5ac1e7"
    assert event_id("github.pr.created", "--key", "owner|repo|42") == (
        "599c61a2-a885-5d16-a254-a85c490ebc81"
    )
    assert event_id("transcription.voice.completed", "--key", "Zürich ☕") == (
        "887ed157-cb79-56b6-a925-42f0594a8263"
    )
    for wrong in (
        [upload], [upload, "x"], ["Not A Type", "a=b"], [upload, "a=b", "--key", "c"],
        [upload, "a=1", "b=2", "a=2"], [upload, "a=\udcff"], [upload, "--key", "\udcff"],
        [upload, "a=b", "--namespace", "\udcff"],
    ):
        assert bb_alone("event-id", *wrong).returncode == USAGE


def test_the_last_event_of_a_script_is_a_cause_by_name(bus):
    script = """
        bb publish a.one --json '{}' --skip-validation -q > one
        bb publish a.two --json '{}' --skip-validation -q -c @last > two
        bb publish a.three --json '{}' --skip-validation -q -c @last -c "$(cat one)" > three
    """.replace("bb ", bus.program.executable + " ")
    (bus.program.folder / "script").write_text(script)
    environment = {**bus.program.environment, **bus.settings}
    done = subprocess.run(
        ["bash", "-e", "script"], cwd=bus.program.folder, env=environment, capture_output=True,
        text=True, timeout=PATIENCE_S, start_new_session=True,
    )
    assert done.returncode == OK, done.stderr
    one, two, three = ((bus.program.folder / name).read_text().strip() for name in
                       ("one", "two", "three"))
    graph = bus.graph(three, "--up")
    assert [event["event_id"] for event in graph["events"]] == [one, two, three]
    assert graph["events"][2]["parents"] == [two, one]
    # Another session has another last one.
    done = subprocess.run(
        [bus.program.executable, *PUBLISH, "a.one", "--json", "{}", "-c", "@last"],
        cwd=bus.program.folder, env=environment, capture_output=True, text=True,
        timeout=PATIENCE_S, start_new_session=True,
    )
    assert done.returncode == FAILURE and "@last" in done.stderr


def in_a_session(bus, script, **settings):
    """Output of a script in a session of the operating system of its own."""
    done = subprocess.run(
        ["bash", "-ec", script.replace("bb ", bus.program.executable + " ")],
        cwd=bus.program.folder, env={**bus.program.environment, **bus.settings, **settings},
        capture_output=True, text=True, timeout=PATIENCE_S, start_new_session=True,
    )
    assert done.returncode == OK, done.stderr
    return done.stdout.split()


def test_the_last_event_of_bulk_publishing_is_one(bus):
    ids = in_a_session(bus, """
        bb publish a.one --json '{}' --skip-validation -q
        printf '{}\\n{}\\n{}\\n' | bb publish a.two --jsonl - --skip-validation -q --print-ids
        bb publish a.three --json '{}' --skip-validation -q -c @last
    """)
    assert len(ids) == 5
    assert bus.graph(ids[4], "--up")["events"][-1]["parents"] == [ids[3]]


def test_a_session_with_the_number_of_a_former_one_has_no_last_event_of_its(bus):
    data = bus.program.folder / "state"
    script = """
        bb publish a.one --json '{}' --skip-validation -q >&2
        ls state/last-event; echo $$
        mv state/last-event/$$-* state/last-event/$$-1
        ! bb publish a.two --json '{}' --skip-validation -q -c @last
    """
    name, session = in_a_session(bus, script, BB_DATA_DIR=str(data))
    assert re.fullmatch(session + r"-\d+", name)
    folder = data / "last-event"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [file.stat().st_mode & 0o777 for file in folder.iterdir()] == [0o600]


def test_what_is_kept_is_for_its_owner_alone(bus):
    bus.trace(bus.publish("a.one"))
    files = list((bus.program.folder / "data").glob("correlation.sqlite*"))
    assert len(files) == 3
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_causes_from_standard_input(bus):
    first, second = bus.publish("a.one"), bus.publish("a.two")

    def parents(stdin):
        done = bus(*PUBLISH, "a.three", "--json", "{}", "-c", "-", stdin=stdin.encode())
        assert done.returncode == OK, done.stderr
        return bus.graph(done.stdout.strip(), "--up")["events"][-1]["parents"]

    assert parents(f"{first}\n{second}\n{first}\n") == [first, second]
    assert parents(json.dumps({"event_id": second, "event_type": "x"}) + "\n") == [second]
    for stdin in (b"", b"x", b'{"id": 1}'):
        done = bus(*PUBLISH, "a.three", "--json", "{}", "-c", "-", stdin=stdin)
        assert done.returncode == USAGE, done.stderr
    done = bus(*PUBLISH, "a.three", "--json", "-", "-c", "-", stdin=b"{}")
    assert done.returncode == USAGE


def test_the_demo_ends_with_the_trace_of_a_dialogue(bb_alone):
    session = pathlib.Path(__file__).parents[2] / "examples" / "voice" / "session.jsonl"
    done = bb_alone("demo", "--session", session)
    assert done.returncode == OK, done.stderr
    tree = done.stdout.partition("bb trace")[2].splitlines()[2:8]
    assert tree[0].startswith("transcription.voice.started")
    assert tree[1].startswith("└─ transcription.voice.processed *")
    assert tree[5].strip().startswith("└─ tonny.response.completed") and "+" in tree[5]


def test_the_demo_does_without_a_trace_where_nothing_is_tracked(bb_alone):
    session = pathlib.Path(__file__).parents[2] / "examples" / "voice" / "session.jsonl"
    done = bb_alone("demo", "--session", session, CORRELATION_TRACKING="off")
    assert done.returncode == OK, done.stderr
    assert "bb trace" not in done.stdout and "What to type next" in done.stdout


@pytest.mark.parametrize("mode", ["binary", "structured"])
def test_cloudevents_are_traced_as_well(bus, mode):
    first = bus.publish("a.one", "--cloudevents", mode, payload={"text": "cloudy"})
    second = bus.publish("a.two", "--cloudevents", mode, "-c", first)
    assert bus.types(second) == ["a.one", "a.two"]
    out = bus.trace(second).stdout
    assert '"cloudy"' in out and "a.two *" in out
