"""The commands over the management API, as the user of a shell meets them."""

import json
import os
import pathlib
import stat
import subprocess
import time
import uuid

import pika
import pytest

from bb_pytest import PATIENCE_S, Program, ask

OK, FAILURE, USAGE, PARTIAL, REFUSED, INVALID = 0, 1, 2, 3, 4, 5


@pytest.fixture
def manage(broker, tmp_path):
    """The program, with the management API of this broker."""
    url_file = pathlib.Path(os.environ["BB_TEST_BROKER_URL_FILE"] + ".http")
    program = Program(tmp_path, RABBIT_URL=broker.url, BB_HTTP_URL=url_file.read_text().strip())
    yield program
    program.stop_all()


@pytest.fixture
def queue(manage, unique):
    """A queue of the test's own."""
    name = unique("queue")
    done(manage("queues", "declare", name))
    yield name
    manage("queues", "delete", name, "--yes")


@pytest.fixture
def vhost(manage, unique):
    name = unique("vhost/with space")
    done(manage("vhost", "add", name))
    yield name
    manage("vhost", "delete", name, "--yes")


@pytest.fixture
def user(manage, unique):
    name = unique("user")
    done(manage("user", "add", name, "--password-stdin", stdin=b"first\n"))
    yield name
    manage("user", "delete", name, "--yes")


def done(process):
    """It worked, and said so on one line of stderr."""
    assert process.returncode == OK, process.stderr
    assert process.stdout == ""
    assert len(process.stderr.splitlines()) == 1, process.stderr
    return process.stderr


def printed(process):
    assert (process.returncode, process.stderr) == (OK, ""), process.stderr
    return process.stdout


def refused(process, exit_code, *said):
    """One line on stderr, which holds each of `said`; nothing on stdout."""
    assert process.returncode == exit_code, process.stderr
    assert process.stdout == ""
    assert len(process.stderr.splitlines()) == 1, process.stderr
    for words in said:
        assert words in process.stderr, process.stderr


def listed(manage, what, *options):
    process = manage(what, "list", "-o", "json", *options)
    assert process.returncode == OK, process.stderr
    return json.loads(process.stdout)


def eventually(look):
    """What look() returns once that is true: RabbitMQ's statistics come late."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it never came")


def columns(text):
    """The rows of a table by its titles, cells without spaces."""
    titles, *rows = [line.split() for line in text.splitlines()]
    return [dict(zip(titles, row)) for row in rows]


# Queues.


def test_a_queue_is_made_listed_shown_and_deleted(manage, unique):
    name = unique("queue")
    argument = ["--argument", "x-single-active-consumer=true"]
    assert "is made" in done(manage("queues", "declare", name, *argument))
    assert "already" in done(manage("queues", "declare", name, *argument))
    row = next(row for row in columns(printed(manage("queues"))) if row["NAME"] == name)
    assert row["TYPE"] == "classic" and row["FEATURES"] == f"durable,{argument[1]}"
    shown = printed(manage("queues", "show", name))
    assert shown.startswith("name:") and name in shown
    assert "arguments.x-single-active-consumer:" in shown
    one = json.loads(printed(manage("queues", "show", name, "-o", "json")))
    assert one["name"] == name and one["arguments"] == {"x-single-active-consumer": True}
    line = printed(manage("queues", "show", name, "-o", "ndjson"))
    assert line.count("\n") == 1 and json.loads(line)["name"] == name
    assert name in done(manage("queues", "delete", name, "--yes"))
    assert name not in [each["name"] for each in listed(manage, "queues")]


def test_a_queue_that_differs_is_refused_in_the_brokers_words(manage, queue):
    other = manage("queues", "declare", queue, "--transient")
    refused(other, FAILURE, "inequivalent arg 'durable'", queue)


def test_types_and_arguments_of_queues(manage, unique):
    name = unique("quorum")
    done(manage("queues", "declare", name, "--type", "quorum"))
    assert listed(manage, "queues", "--name", name)[0]["type"] == "quorum"
    done(manage("queues", "delete", name, "--yes"))
    twice = ["--argument", "x-queue-type=quorum"]
    refused(manage("queues", "declare", name, "--type", "quorum", *twice), USAGE, "--type")
    refused(manage("queues", "declare", name, *twice, *twice), USAGE, "more than once")
    refused(manage("queues", "declare", name, "--argument", "nothing"), USAGE, "KEY=VALUE")
    refused(manage("queues", "declare", name, "--argument", "x-max-length=long"), FAILURE)


def test_lists_are_sorted_and_filtered(manage, unique):
    names = [unique(label) for label in ("c", "a", "b.dead")]
    for name in names:
        done(manage("queues", "declare", name))
    ours = unique("*")
    assert [each["name"] for each in listed(manage, "queues", "--name", ours)] == sorted(names)
    dead = listed(manage, "queues", "--name", unique("?.dead"))
    assert [each["name"] for each in dead] == [unique("b.dead")]
    lines = printed(manage("queues", "--name", ours, "-o", "ndjson")).splitlines()
    assert [json.loads(line)["name"] for line in lines] == sorted(names)
    nothing = manage("queues", "--name", unique("nothing"))
    assert nothing.returncode == OK and nothing.stdout == "" and "no queues" in nothing.stderr
    nothing = manage("queues", "--name", unique("nothing"), "-o", "json")
    assert json.loads(nothing.stdout) == []
    for name in names:
        done(manage("queues", "delete", name, "--yes"))


def test_names_with_odd_characters(manage, unique):
    name = unique("a/b %2F?#[x]\u00e9\u202e\x1b[2J\t")
    done(manage("queues", "declare", name))
    assert json.loads(printed(manage("queues", "show", name, "-o", "json")))["name"] == name
    for process in (manage("queues"), manage("queues", "show", name), manage("bindings")):
        assert "\x1b" not in process.stdout and "\u202e" not in process.stdout
    assert "\\u001b[2J" in manage("queues").stdout
    gone = manage("queues", "delete", name, "--yes")
    assert "\x1b" not in done(gone) and "deleted" in gone.stderr


def test_names_that_are_steps_in_a_path(manage, queue, channel):
    """RabbitMQ takes "%2E%2E" for a step up: nothing else may be hit instead."""
    for name in (".", "contents"):
        channel.queue_declare(name, exclusive=False, auto_delete=True)
    manage("queues", "purge", ".", "--yes")
    assert channel.queue_declare("contents", passive=True)
    for name in (".", "contents"):
        channel.queue_delete(name)
    for name in (".", ".."):
        for action in (["purge"], ["delete"]):
            assert manage("queues", *action, name, "--yes").returncode != OK
        assert manage("user", "delete", name, "--yes").returncode != OK
        assert manage("vhost", "delete", name, "--yes").returncode != OK
        assert manage("connections", "close", name, "--yes").returncode != OK
    assert listed(manage, "queues", "--name", queue)


def test_a_queue_that_is_not_there(manage, queue):
    for action in (["show"], ["delete", "--yes"], ["purge", "--yes"]):
        near = manage("queues", action[0], queue + "x", *action[1:])
        refused(near, FAILURE, "there is no queue", f"did you mean '{queue}'?")
    elsewhere = manage("queues", "show", queue, "--vhost", "elsewhere")
    refused(elsewhere, FAILURE, "no vhost 'elsewhere'")
    refused(manage("queues", "--vhost", "elsewhere"), FAILURE, "no vhost 'elsewhere'")
    refused(manage("connections", "--vhost", "elsewhere"), FAILURE, "no vhost 'elsewhere'")
    refused(manage("queues", "show", ""), USAGE, "NAME")


def test_deleting_says_what_was_in_it(manage, queue, channel):
    for _ in range(3):
        channel.basic_publish("", queue, b"{}")
    eventually(lambda: listed(manage, "queues", "--name", queue)[0].get("messages") == 3)
    asked = manage("queues", "delete", queue)
    refused(asked, USAGE, "with 3 messages", "--yes")
    refused(manage("queues", "delete", queue, "--if-empty", "--yes"), FAILURE, "3 messages")
    refused(manage("queues", "purge", queue), USAGE, "3 messages", "--yes")
    assert "3 messages" in done(manage("queues", "purge", queue, "--yes"))
    assert channel.queue_declare(queue, passive=True).method.message_count == 0
    channel.basic_consume(queue, lambda *delivery: None)
    eventually(lambda: listed(manage, "queues", "--name", queue)[0].get("consumers") == 1)
    refused(manage("queues", "delete", queue, "--if-unused", "--yes"), FAILURE, "1 consumer")
    assert "1 consumer" in done(manage("queues", "delete", queue, "--yes"))


def test_the_broker_has_the_last_word_on_empty_and_unused(manage, queue, channel):
    """Its count holds, also where statistics have not come yet."""
    channel.basic_publish("", queue, b"{}")
    refused(manage("queues", "delete", queue, "--if-empty", "--yes"), FAILURE, queue)
    channel.basic_consume(queue, lambda *delivery: None)
    refused(manage("queues", "delete", queue, "--if-unused", "--yes"), FAILURE, queue)
    assert channel.queue_declare(queue, passive=True).method.consumer_count == 1


def test_a_person_is_asked(manage, queue):
    code, shown = ask(manage, [b"n\n"], "queues", "delete", queue)
    assert code == FAILURE and f"Delete the queue '{queue}'? [y/N]" in shown
    assert "nothing was done" in shown
    assert listed(manage, "queues", "--name", queue)
    code, shown = ask(manage, [b"y\n"], "queues", "delete", queue)
    assert code == OK and "deleted" in shown
    assert not listed(manage, "queues", "--name", queue)


# Exchanges and bindings.


def test_exchanges(manage, unique):
    name = unique("exchange")
    made = manage("exchanges", "declare", name, "--type", "fanout", "--auto-delete", "--internal")
    assert "is made" in done(made)
    row = next(r for r in columns(printed(manage("exchanges"))) if r["NAME"] == name)
    assert row == {"NAME": name, "TYPE": "fanout", "FEATURES": "durable,auto-delete,internal"}
    refused(manage("exchanges", "declare", name), FAILURE, "inequivalent arg 'type'")
    refused(manage("exchanges", "declare", name, "--type", "no-such-type"), FAILURE)
    refused(manage("exchanges", "delete", name), USAGE, "--yes")
    done(manage("exchanges", "delete", name, "--yes"))
    refused(manage("exchanges", "show", name), FAILURE, "there is no exchange")
    assert "direct" in printed(manage("exchanges", "show", ""))
    assert "(default)" in printed(manage("exchanges", "list"))
    refused(manage("exchanges", "declare", "amq.mine"), REFUSED, "amq.")


def test_bindings(manage, queue, unique, channel):
    name = unique("exchange")
    done(manage("exchanges", "declare", name))
    done(manage("bindings", "declare", name, queue, "--key", "order.#"))
    done(manage("bindings", "declare", name, queue, "--key", "a/b"))
    channel.basic_publish(name, "order.made", b"{}", mandatory=True)
    found = listed(manage, "bindings", "--source", name)
    assert [each["routing_key"] for each in found] == ["a/b", "order.#"]
    assert found == listed(manage, "bindings", "--destination", queue, "--source", name)
    assert len(json.loads(printed(manage("bindings", "show", queue, "-o", "json")))) == 3
    refused(manage("bindings", "delete", name, queue, "--yes"), USAGE, "2 such bindings", "--key")
    wrong = manage("bindings", "delete", name, queue, "--key", "order.*", "--yes")
    refused(wrong, FAILURE, "did you mean 'order.#'?")
    done(manage("bindings", "delete", name, queue, "--key", "a/b", "--yes"))
    done(manage("bindings", "delete", name, queue, "--yes"))
    assert not listed(manage, "bindings", "--source", name)
    refused(manage("bindings", "delete", name, queue, "--yes"), FAILURE, "nothing binds")
    for arguments in ([name + "x", queue], [name, queue + "x"]):
        refused(manage("bindings", "delete", *arguments, "--yes"), FAILURE, "did you mean")
        refused(manage("bindings", "declare", *arguments), FAILURE, "did you mean")
    done(manage("exchanges", "delete", name, "--yes"))


def test_bindings_with_arguments(manage, queue, unique):
    headers = unique("headers")
    done(manage("exchanges", "declare", headers, "--type", "headers"))
    match = ["--argument", "x-match=all", "--argument", "level=3"]
    done(manage("bindings", "declare", headers, queue, *match))
    assert listed(manage, "bindings", "--source", headers)[0]["arguments"] == {
        "x-match": "all",
        "level": 3,
    }
    done(manage("bindings", "delete", headers, queue, "--yes"))
    done(manage("exchanges", "delete", headers, "--yes"))


def test_bindings_between_exchanges(manage, unique):
    topic, fanout = unique("topic"), unique("fanout")
    done(manage("exchanges", "declare", topic))
    done(manage("exchanges", "declare", fanout, "--type", "fanout"))
    done(manage("bindings", "declare", topic, fanout, "--to-exchange", "--key", "#"))
    assert listed(manage, "bindings", "--source", topic)[0]["destination_type"] == "exchange"
    done(manage("bindings", "delete", topic, fanout, "--to-exchange", "--key", "#", "--yes"))
    for name in (topic, fanout):
        done(manage("exchanges", "delete", name, "--yes"))


# Connections, channels, consumers.


def test_connections_channels_and_consumers(manage, broker, queue, unique):
    label = unique("client")
    parameters = pika.URLParameters(broker.url)
    parameters.client_properties = {"connection_name": label}
    opened = pika.BlockingConnection(parameters)
    channel = opened.channel()
    channel.basic_qos(prefetch_count=7)
    tag = channel.basic_consume(queue, lambda *delivery: None)

    def client_name(connection):
        return connection.get("client_properties", {}).get("connection_name")

    def ours():
        found = listed(manage, "connections", "--user", "guest")
        return [c["name"] for c in found if client_name(c) == label]

    name = eventually(lambda: [n for n in ours() if listed(manage, "consumers", "--queue", queue)])
    name = name[0]
    assert label in printed(manage("connections"))
    assert label in printed(manage("connections", "show", name))
    consumer = listed(manage, "consumers", "--queue", queue)[0]
    assert (consumer["consumer_tag"], consumer["prefetch_count"]) == (tag, 7)
    assert tag in printed(manage("consumers"))
    assert queue in printed(manage("consumers", "show", tag))
    on = consumer["channel_details"]["name"]
    eventually(lambda: [c for c in listed(manage, "channels") if c["name"] == on])
    eventually(lambda: manage("channels", "show", on).returncode == OK)
    assert "(1)" in printed(manage("channels"))

    refused(manage("connections", "close", name), USAGE, "--yes")
    refused(manage("connections", "close", name + "x", "--yes"), FAILURE, "no connection")
    done(manage("connections", "close", name, "--yes"))
    with pytest.raises(pika.exceptions.ConnectionClosedByBroker) as closed:
        opened.process_data_events(time_limit=PATIENCE_S)
    assert closed.value.reply_code == 320
    refused(manage("consumers", "show", "no such tag"), FAILURE, "there is no consumer")


# Users and vhosts.


def log_in(broker, user, password, vhost="/"):
    """Whether that account is let in."""
    parameters = pika.URLParameters(broker.url)
    parameters.credentials = pika.PlainCredentials(user, password)
    parameters.virtual_host = vhost
    try:
        pika.BlockingConnection(parameters).close()
    except pika.exceptions.AMQPConnectionError:
        return False
    return True


def test_a_user_is_let_in_and_kept_out(manage, broker, user, vhost):
    assert not log_in(broker, user, "first")
    done(manage("user", "permit", user))
    assert log_in(broker, user, "first")
    done(manage("user", "permit", user, "--vhost", vhost, "--read", "^a\\.b$"))
    permissions = json.loads(printed(manage("user", "show", user, "-o", "json")))["permissions"]
    kinds = ("configure", "write", "read")
    rights = {each["vhost"]: [each[kind] for kind in kinds] for each in permissions}
    assert rights == {"/": [".*"] * 3, vhost: ["^$", "^$", "^a\\.b$"]}
    assert log_in(broker, user, "first", vhost)
    refused(manage("user", "forbid", user), USAGE, "--yes")
    done(manage("user", "forbid", user, "--yes"))
    assert not log_in(broker, user, "first")
    assert log_in(broker, user, "first", vhost)
    refused(manage("user", "permit", user, "--read", "("), FAILURE)
    refused(manage("user", "permit", user, "--vhost", "elsewhere"), FAILURE, "no vhost")
    refused(manage("user", "permit", user + "x"), FAILURE, f"did you mean '{user}'?")


def test_passwords_and_tags_are_kept_apart(manage, broker, user):
    done(manage("user", "permit", user))
    done(manage("user", "tags", user, "monitoring", "audit"))
    assert log_in(broker, user, "first")
    done(manage("user", "password", user, "--password-stdin", stdin="zwölf\r\nmore".encode()))
    assert not log_in(broker, user, "first")
    assert log_in(broker, user, "zwölf")
    told = json.loads(printed(manage("user", "show", user, "-o", "json")))
    assert sorted(told["tags"]) == ["audit", "monitoring"]
    done(manage("user", "tags", user))
    assert json.loads(printed(manage("user", "show", user, "-o", "json")))["tags"] == []
    done(manage("user", "password", user, "--no-password"))
    assert not log_in(broker, user, "zwölf") and not log_in(broker, user, "")
    shown = printed(manage("user", "show", user))
    assert "none" in shown and "hash" not in shown


def test_adding_users(manage, user):
    again = manage("user", "add", user, "--password-stdin", stdin=b"x\n")
    refused(again, FAILURE, "already", "bb user password")
    new = user + ".new"
    refused(manage("user", "add", new), USAGE, "--password-stdin")
    refused(manage("user", "add", new, "--password-stdin"), USAGE, "no password")
    refused(manage("user", "add", new, "--password-stdin", stdin=b"\xff\n"), USAGE, "UTF-8")
    refused(manage("user", "add", new, "--password-stdin", "--no-password"), USAGE, "exclude")
    refused(manage("user", "add", new, "--no-password", "--tag", "a,b"), USAGE, "--tag")
    refused(manage("user", "show", new), FAILURE, "there is no user")
    done(manage("user", "add", new, "--password", "p", "--tag", "management"))
    assert "management" in printed(manage("user", "show", new))
    refused(manage("user", "delete", new), USAGE, "--yes")
    done(manage("user", "delete", new, "--yes"))


def test_a_password_is_typed_twice_and_not_shown(manage, broker, user):
    done(manage("user", "permit", user))
    typed = [b"seconx\x7fd\n", b"second\n"]
    code, shown = ask(manage, typed, "user", "password", user)
    assert code == OK and "second" not in shown, shown
    assert log_in(broker, user, "second")
    code, shown = ask(manage, [b"third\n", b"other\n"], "user", "password", user)
    assert code == FAILURE and "differ" in shown
    code, shown = ask(manage, [b"thi\x03"], "user", "password", user)
    assert code == 130
    assert log_in(broker, user, "second")


def test_vhosts(manage, vhost, queue):
    assert vhost in [each["name"] for each in listed(manage, "vhost")]
    assert "already" in done(manage("vhost", "add", vhost))
    done(manage("queues", "declare", "q", "--vhost", vhost))
    assert [each["name"] for each in listed(manage, "queues", "--vhost", vhost)] == ["q"]
    everywhere = {(each["vhost"], each["name"]) for each in listed(manage, "queues", "-A")}
    assert {(vhost, "q"), ("/", queue)} <= everywhere
    assert "VHOST" in printed(manage("queues", "-A")).splitlines()[0]
    # The vhost of the AMQP URL is the one to work in.
    url = manage.environment["RABBIT_URL"] + "/" + vhost.replace("/", "%2F").replace(" ", "%20")
    of_url = manage("queues", "-o", "ndjson", RABBIT_URL=url)
    assert json.loads(of_url.stdout)["vhost"] == vhost
    refused(manage("vhost", "delete", vhost), USAGE, "1 queue", "--yes")
    refused(manage("vhost", "show", vhost + "x"), FAILURE, "did you mean")
    assert vhost in printed(manage("vhost", "show", vhost))


def test_an_account_that_may_not(manage, user):
    http = manage.environment["BB_HTTP_URL"]
    host = http.rpartition("@")[2]
    wrong = manage("queues", BB_HTTP_URL=f"http://guest:wrong-secret@{host}")
    refused(wrong, REFUSED, "'guest'", "password")
    assert "wrong-secret" not in wrong.stderr
    refused(manage("queues", BB_HTTP_URL=f"http://{user}:first@{host}"), REFUSED, "management")
    done(manage("user", "tags", user, "management"))
    mine = manage("vhost", "list", BB_HTTP_URL=f"http://{user}:first@{host}")
    assert mine.returncode == OK and "no vhosts" in mine.stderr
    refused(manage("user", "list", BB_HTTP_URL=f"http://{user}:first@{host}"), REFUSED, user)
    refused(manage("queues", BB_HTTP_URL=f"http://{user}:first@{host}"), REFUSED, user)


# Definitions.


def own(definitions, vhost, user):
    """What is this test's own of them: others come and go meanwhile."""
    definitions["users"] = [each for each in definitions["users"] if each["name"] == user]
    definitions["vhosts"] = [each for each in definitions["vhosts"] if each["name"] == vhost]
    for kind, entries in definitions.items():
        if isinstance(entries, list) and kind not in ("users", "vhosts"):
            definitions[kind] = [each for each in entries if each.get("vhost") == vhost]
    return definitions


def test_definitions_go_out_and_come_back(manage, broker, vhost, user):
    done(manage("user", "permit", user, "--vhost", vhost))
    argument = ["--argument", "x-single-active-consumer=true"]
    done(manage("queues", "declare", "q", "--vhost", vhost, *argument))
    done(manage("exchanges", "declare", "e", "--vhost", vhost, "--type", "fanout"))
    done(manage("bindings", "declare", "e", "q", "--vhost", vhost, "--key", "k"))
    file = manage.folder / "definitions.json"
    assert "definitions.json" in done(manage("definitions", "export", file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert os.listdir(manage.folder) == ["definitions.json"]
    written = json.loads(file.read_text())
    assert user in [each["name"] for each in written["users"]]
    done(manage("vhost", "delete", vhost, "--yes"))
    done(manage("user", "delete", user, "--yes"))
    back = json.dumps(own(written, vhost, user)).encode()
    assert "imported" in done(manage("definitions", "import", "-", stdin=back))
    assert log_in(broker, user, "first", vhost)
    one = json.loads(printed(manage("definitions", "export", "--vhost", vhost)))
    assert one["queues"][0]["arguments"] == {"x-single-active-consumer": True}
    assert {(each["source"], each["destination"]) for each in one["bindings"]} == {("e", "q")}
    assert printed(manage("definitions", "export", "-", "--vhost", vhost))


def test_definitions_move_to_the_other_broker_and_back(manage, broker, vhost, user):
    """What this one exports makes the same topology in a `bb serve`, and what that exports comes
    back here unchanged."""
    done(manage("user", "permit", user, "--vhost", vhost, "--configure", "^q", "--read", ""))
    for queue, arguments in {
        "q classic": {"x-max-length": 5, "x-overflow": "reject-publish", "x-message-ttl": 60000},
        "q quorum": {"x-queue-type": "quorum", "x-delivery-limit": 3},
        "q other": {"x-dead-letter-exchange": "e/1", "x-dead-letter-routing-key": "dead"},
    }.items():
        given = [f"--argument={name}={value}" for name, value in arguments.items()]
        done(manage("queues", "declare", queue, "--vhost", vhost, *given))
    done(manage("exchanges", "declare", "e/1", "--vhost", vhost, "--type", "headers"))
    done(manage("exchanges", "declare", "e 2", "--vhost", vhost, "--type", "topic"))
    done(manage("bindings", "declare", "e 2", "q quorum", "--vhost", vhost, "--key", "a.#"))
    match = ["--argument", "x-match=any", "--argument", "n=5"]
    done(manage("bindings", "declare", "e/1", "q classic", "--vhost", vhost, *match))
    done(manage("bindings", "declare", "e 2", "e/1", "--vhost", vhost, "--to-exchange"))

    def exported(program):
        return own(json.loads(printed(program("definitions", "export"))), vhost, user)

    def topology(definitions):
        """In an order of its own."""
        kinds = ("queues", "exchanges", "bindings", "permissions")
        hashes = [each["password_hash"] for each in definitions["users"]]
        return hashes, {
            kind: sorted(json.dumps(each, sort_keys=True) for each in definitions[kind])
            for kind in kinds
        }

    server = manage.start("serve", "--port", "0", "--data-dir", manage.folder / "data")
    for line in server.stdout:
        if "management on http://" in line:
            url = "http://guest:guest@" + line.split("http://")[1].strip()
            break

    def other(*arguments, **more):
        return manage(*arguments, BB_HTTP_URL=url, **more)

    first = exported(manage)
    assert "imported" in done(other("definitions", "import", "-", stdin=json.dumps(first).encode()))
    second = exported(other)
    assert topology(second) == topology(first)
    done(manage("vhost", "delete", vhost, "--yes"))
    done(manage("user", "delete", user, "--yes"))
    assert "imported" in done(
        manage("definitions", "import", "-", stdin=json.dumps(second).encode())
    )
    assert topology(exported(manage)) == topology(first)
    assert log_in(broker, user, "first", vhost)


def test_definitions_that_not_every_broker_has(manage, broker, vhost, unique):
    """Policies and topic permissions; and queues that another broker made a name for."""
    made = "amq.gen-" + unique("made")
    more = {"vhost": vhost, "durable": True, "auto_delete": False, "arguments": {}}
    definitions = {
        "queues": [{"name": made, **more}, {"name": "named", **more}],
        "policies": [
            {"name": "p", "vhost": vhost, "pattern": "^none$", "definition": {"max-length": 1}, "priority": 0, "apply-to": "queues"}
        ],
    }
    process = manage("definitions", "import", "-", stdin=json.dumps(definitions).encode())
    assert "imported 2 queues" in process.stderr
    if broker.name == "rabbitmq":
        assert process.returncode == OK
        assert "1 policy" in process.stderr
    else:
        assert process.returncode == PARTIAL
        assert "policies were not imported" in process.stderr
        assert "1 policy" not in process.stderr
    names = eventually(lambda: [each["name"] for each in listed(manage, "queues", "--vhost", vhost)])
    # RabbitMQ passes over the one, and does not tell.
    assert sorted(names) == (["named"] if broker.name == "rabbitmq" else sorted([made, "named"]))


def test_only_bb_serve_keeps_links(manage, broker):
    """Without Redis."""
    events = [str(uuid.uuid4()) for _ in range(2)]
    for command in (("link", *events), ("trace", events[0])):
        process = manage(*command)
        if broker.name == "rabbitmq":
            refused(process, FAILURE, "does not keep", "REDIS_HOST")
        else:
            assert process.returncode == OK, process.stderr


def test_definitions_that_are_none(manage):
    (manage.folder / "bad.json").write_text('{\n  "users": [,]\n}')
    refused(manage("definitions", "import", "bad.json"), INVALID, "bad.json", "line 2")
    refused(manage("definitions", "import", "-", stdin=b"[]"), INVALID, "standard input")
    refused(manage("definitions", "import", "missing.json"), FAILURE, "missing.json")
    refused(manage("definitions", "import"), USAGE, "FILE")
    for wrong in (b'{"queues": 5}', b'{"users": ["ada"]}'):
        refused(manage("definitions", "import", "-", stdin=wrong), INVALID, "list of objects")
    wrong = manage("definitions", "import", "-", stdin=b'{"queues":[{"name":"q","vhost":"none"}]}')
    assert wrong.returncode == FAILURE and len(wrong.stderr.splitlines()) == 1
    refused(manage("definitions", "export", "no/such/folder"), FAILURE, "no/such/folder")
    refused(manage("definitions", "export", "--vhost", "elsewhere"), FAILURE, "no vhost")


def test_output_that_nobody_reads(manage):
    process = subprocess.run(
        ["bash", "-c", 'exec 1> >(true); sleep 0.2; "$@"', "bash", manage.executable, "exchanges"],
        env=manage.environment,
        capture_output=True,
    )
    assert (process.returncode, process.stderr) == (OK, b"")
