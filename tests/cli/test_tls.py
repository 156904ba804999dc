"""`amqps://` against RabbitMQ: whom `bb` trusts, what it shows, and what it says."""

import collections
import json
import os
import shutil
import socket
import time

import pytest

import rabbitmq
import service
from bb_pytest import PATIENCE_S, Program
from certificates import Authority

OK, USAGE, REFUSED, UNREACHABLE = 0, 2, 4, 7
PUBLISH = ("publish", "test.tls.spoke", "--json", "{}", "--skip-validation", "--spool", "never")

Bus = collections.namedtuple("Bus", "authority stranger ada plain tls expired strict https")


def listener(port, authority, pair, strict=False):
    """Erlang that has RabbitMQ listen there with that certificate."""
    demands = "true" if strict else "false"
    return (
        f'ok = rabbit_networking:start_ssl_listener({{"127.0.0.1", {port}}}, '
        f'[{{cacertfile, "{authority.certificate}"}}, {{certfile, "{pair[0]}"}}, '
        f'{{keyfile, "{pair[1]}"}}, {{verify, verify_peer}}, '
        f"{{fail_if_no_peer_cert, {demands}}}], 2)"
    )


@pytest.fixture(scope="module")
def bus(tmp_path_factory):
    """A RabbitMQ whose ports differ in what they show and ask for."""
    folder = tmp_path_factory.mktemp("tls")
    authority = Authority(folder)
    good = authority.sign("bus", "DNS:localhost")
    expired = authority.sign("expired", "DNS:localhost", days=-1)
    tls, old, strict, https = service.free_ports(4)
    files = (
        f"{{0}}.cacertfile = {authority.certificate}\n"
        f"{{0}}.certfile = {good[0]}\n"
        f"{{0}}.keyfile = {good[1]}\n"
    )
    settings = (
        f"listeners.ssl.1 = 127.0.0.1:{tls}\n"
        + files.format("ssl_options")
        + "ssl_options.verify = verify_peer\nssl_options.fail_if_no_peer_cert = false\n"
        + "auth_mechanisms.1 = PLAIN\nauth_mechanisms.2 = EXTERNAL\n"
        + "ssl_cert_login_from = common_name\n"
        + f"management.ssl.ip = 127.0.0.1\nmanagement.ssl.port = {https}\n"
        + files.format("management.ssl")
    )
    directory, url_file = folder / "rabbitmq", folder / "rabbitmq.url"
    env = rabbitmq.start(
        directory, url_file, os.getpid(), settings, plugins=["rabbitmq_auth_mechanism_ssl"]
    )
    try:
        rabbitmq.rabbitmqctl(
            env,
            "eval",
            f"{listener(old, authority, expired)}, {listener(strict, authority, good, True)}, "
            'rabbit_auth_backend_internal:add_user(<<"ada">>, <<"pass-word">>, <<"test">>), '
            'rabbit_auth_backend_internal:set_permissions(<<"ada">>, <<"/">>, <<".*">>, '
            '<<".*">>, <<".*">>, <<"test">>).',
        )
        yield Bus(
            authority=authority.certificate,
            stranger=Authority(folder, "stranger").sign("nobody"),
            ada=authority.sign("ada"),
            plain=int(url_file.read_text().strip().rpartition(":")[2]),
            tls=tls,
            expired=old,
            strict=strict,
            https=https,
        )
    finally:
        rabbitmq.stop(directory, url_file)
        shutil.rmtree(directory, ignore_errors=True)


def url_of(bus, port, host="localhost", scheme="amqps", user="guest:guest@", **parameters):
    parameters = {"cacertfile": bus.authority, **parameters} if scheme == "amqps" else parameters
    query = "&".join(f"{name}={value}" for name, value in parameters.items() if value)
    return f"{scheme}://{user}{host}:{port}" + (f"?{query}" if query else "")


@pytest.fixture
def bb(tmp_path, unique, bus):
    program = Program(
        tmp_path, RABBIT_URL=url_of(bus, bus.tls), EXCHANGE_NAME=unique("events")
    )
    # What is published has a queue to be in.
    program.subscribe("#", "--queue", unique("kept"))
    yield program
    program.stop_all()


def refused(done, exit_code, *said):
    assert done.returncode == exit_code, done.stdout + done.stderr
    for text in said:
        assert text in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "pass-word" not in done.stderr


def test_publishes_and_receives(bb):
    subscriber = bb.subscribe("#", "--count", "1", "-o", "ndjson")
    published = bb(*PUBLISH)
    assert published.returncode == OK, published.stderr
    output, _ = subscriber.communicate(timeout=PATIENCE_S)
    assert json.loads(output)["event_id"] == published.stdout.strip()


def test_large_events_in_bulk(bb):
    lines = "".join(json.dumps({"n": n, "text": "x" * 20_000}) + "\n" for n in range(500))
    subscriber = bb.subscribe("#", "--count", "500", "-o", "ndjson")
    bulk = ["publish", "test.tls.bulk", "--jsonl", "-", "--skip-validation"]
    published = bb(*bulk, stdin=lines.encode())
    assert published.returncode == OK, published.stderr
    output, _ = subscriber.communicate(timeout=PATIENCE_S)
    received = [json.loads(line)["payload"] for line in output.splitlines()]
    assert [payload["n"] for payload in received] == list(range(500))
    assert all(payload["text"] == "x" * 20_000 for payload in received)


def test_a_service(bb):
    receiving = bb.start(
        *["subscribe", "#", "--service", "tls", "--exec", "cat > got", "--count", "1"],
        *["--timeout", f"{PATIENCE_S}s"],
    )
    assert "receives" in receiving.stderr.readline()
    assert bb(*PUBLISH).returncode == OK
    assert receiving.wait(PATIENCE_S) == OK
    assert json.loads((bb.folder / "got").read_text())["event_type"] == "test.tls.spoke"


def test_doctor_tells_how_long_the_certificate_is_good_for(bb, bus):
    assert bb(*PUBLISH).returncode == OK
    healthy = bb("doctor")
    assert healthy.returncode == OK, healthy.stdout
    assert "for localhost, signed by 'CN=authority', 1 days left" in healthy.stdout
    assert "renewed" in healthy.stdout
    checks = json.loads(bb("doctor", "-o", "json").stdout)["checks"]
    assert [check["check"] for check in checks][2:4] == ["connection", "certificate"]
    careless = bb("doctor", "--url", url_of(bus, bus.expired, verify="verify_none"))
    assert "forged" in careless.stdout


def test_an_expired_certificate(bb, bus):
    url = url_of(bus, bus.expired)
    for command in (PUBLISH, ("subscribe", "#"), ("spool", "flush")):
        refused(bb(*command, RABBIT_URL=url), UNREACHABLE, "'CN=expired' expired on 20")
    doctor = bb("doctor", "-o", "json", RABBIT_URL=url)
    assert doctor.returncode == UNREACHABLE
    failed = json.loads(doctor.stdout)["checks"][2]
    assert failed["error"] == "UNREACHABLE" and "expired on" in failed["detail"]


def test_an_event_waits_for_a_broker_that_can_be_trusted(bb, bus):
    spooled = bb(*PUBLISH[:-2], RABBIT_URL=url_of(bus, bus.expired))
    assert spooled.returncode == UNREACHABLE and "spool" in spooled.stderr


def test_a_certificate_for_another_name(bb, bus):
    url = url_of(bus, bus.tls, host="127.0.0.1")
    refused(bb(*PUBLISH, RABBIT_URL=url), UNREACHABLE, "is for localhost, and not for '127.0.0.1'")
    url = url_of(bus, bus.tls, host="127.0.0.1", server_name_indication="localhost")
    assert bb(*PUBLISH, RABBIT_URL=url).returncode == OK


def test_an_unknown_authority(bb, bus):
    url = url_of(bus, bus.tls, cacertfile=None)
    refused(bb(*PUBLISH, RABBIT_URL=url), UNREACHABLE, "'CN=authority'", "not trusted", "cacertfile")
    trusted = bb(*PUBLISH, RABBIT_URL=url, SSL_CERT_FILE=str(bus.authority))
    assert trusted.returncode == OK, trusted.stderr
    url = url_of(bus, bus.tls, cacertfile=bus.stranger[0])
    refused(bb(*PUBLISH, RABBIT_URL=url), UNREACHABLE, str(bus.stranger[0]))


def test_a_broker_that_demands_a_certificate(bb, bus):
    missing = bb(*PUBLISH, RABBIT_URL=url_of(bus, bus.strict))
    refused(missing, REFUSED, "certificate from", "certfile=FILE")
    certificate, key = bus.ada
    shown = url_of(bus, bus.strict, certfile=certificate, keyfile=key)
    assert bb(*PUBLISH, RABBIT_URL=shown).returncode == OK
    certificate, key = bus.stranger
    stranger = url_of(bus, bus.strict, certfile=certificate, keyfile=key)
    refused(bb(*PUBLISH, RABBIT_URL=stranger), REFUSED, "refuses the certificate", str(certificate))


def test_logs_in_with_a_certificate(bb, bus):
    certificate, key = bus.ada
    files = {"certfile": certificate, "keyfile": key, "auth_mechanism": "external"}
    bb.subscribe("#", RABBIT_URL=url_of(bus, bus.tls, user="", **files))
    management = url_of(bus, bus.https, scheme="https", cacertfile=bus.authority)
    users = []
    deadline = time.monotonic() + PATIENCE_S
    while "ada" not in users and time.monotonic() < deadline:  # its statistics come later
        known = bb("connections", "-o", "json", BB_HTTP_URL=management)
        assert known.returncode == OK, known.stderr
        users = [each["user"] for each in json.loads(known.stdout)]
    assert "ada" in users

    certificate, key = bus.stranger
    files = {"certfile": certificate, "keyfile": key, "auth_mechanism": "external"}
    # Only ada's authority is one that the broker trusts.
    stranger = bb(*PUBLISH, RABBIT_URL=url_of(bus, bus.tls, user="", **files))
    assert stranger.returncode == REFUSED, stranger.stderr


@pytest.mark.parametrize(
    "parameters, said",
    [
        ({"cacertfile": "/no/such.pem"}, "cacertfile: cannot read /no/such.pem"),
        ({"certfile": "/no/such.pem"}, "certfile: cannot read /no/such.pem"),
        ({"keyfile": "me.key"}, "certfile"),
        ({"verify": "none"}, "verify_none"),
        ({"verifi": "none"}, "known are auth_mechanism"),
        ({"password": "pass-word", "certfile": "/no/such.pem"}, "/no/such.pem"),
    ],
)
def test_parameters_that_cannot_be_used(bb, bus, parameters, said):
    refused(bb(*PUBLISH, RABBIT_URL=url_of(bus, bus.tls, **parameters)), USAGE, said)


def test_a_key_of_another_certificate(bb, bus):
    url = url_of(bus, bus.tls, certfile=bus.ada[0], keyfile=bus.stranger[1])
    refused(bb(*PUBLISH, RABBIT_URL=url), USAGE, "the key is not that of the certificate")


def test_plain_where_tls_is_and_tls_where_plain_is(bb, bus):
    plain = bb(*PUBLISH, RABBIT_URL=url_of(bus, bus.tls, scheme="amqp"))
    refused(plain, UNREACHABLE, "amqps://")
    tls = bb(*PUBLISH, RABBIT_URL=url_of(bus, bus.plain))
    refused(tls, UNREACHABLE, "does not speak TLS", "5671")


@pytest.fixture
def dead():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def test_several_brokers(bb, bus, dead):
    good = url_of(bus, bus.tls)
    down = url_of(bus, dead, user="ada:pass-word@")
    assert bb(*PUBLISH, RABBIT_URL=f"{down},{good}").returncode == OK
    assert bb(*PUBLISH, "--url", down, "--url", good).returncode == OK
    for command in (("subscribe", "#"), ("subscribe", "#", "--service", "two", "--exec", "cat")):
        receiving = bb.start(*command, "--count", "1", RABBIT_URL=f"{down},{good}")
        assert "Ctrl-C" in receiving.stderr.readline()
        assert bb(*PUBLISH).returncode == OK
        assert receiving.wait(PATIENCE_S) == OK
    neither = bb(*PUBLISH, RABBIT_URL=f"{down},{url_of(bus, bus.expired)}")
    refused(neither, UNREACHABLE, "refused", "expired on")
    wrong = bb(*PUBLISH, RABBIT_URL=f"{good},amqp://h:0")
    refused(wrong, USAGE, "URL 2 of 2", "port")
    doctor = bb("doctor", RABBIT_URL=f"{down},{good}")
    assert doctor.returncode == UNREACHABLE and "round trip     a test message" in doctor.stdout


def test_nobody_asks_a_second_broker_while_the_first_is_there(bb, bus):
    with socket.create_server(("127.0.0.1", 0)) as second:
        second.settimeout(0)
        silent = f"amqp://127.0.0.1:{second.getsockname()[1]}"
        assert bb(*PUBLISH, RABBIT_URL=f"{url_of(bus, bus.tls)},{silent}").returncode == OK
        with pytest.raises(BlockingIOError):
            second.accept()


def test_fail_open_shares_its_time_among_the_brokers(bb, bus):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"amqp://127.0.0.1:{silent.getsockname()[1]}?connection_timeout=600000"
        done = bb(
            *["publish", "test.tls.spoke", "--json", "{}", "--skip-validation"],
            *["--fail-open", "--deadline", "8s"],
            RABBIT_URL=f"{url},{url_of(bus, bus.tls)}",
        )
    assert done.returncode == OK, done.stderr
    assert "spool" not in done.stderr


def test_management_over_https(bb, bus):
    refused(
        bb("queues", BB_HTTP_URL=f"https://guest:guest@localhost:{bus.https}", RABBIT_URL=None),
        UNREACHABLE,
        "not trusted",
    )
    # Of the amqps URL for the same host.
    lent = bb("queues", BB_HTTP_URL=f"https://localhost:{bus.https}")
    assert lent.returncode == OK, lent.stderr
    own = url_of(bus, bus.https, scheme="https", cacertfile=bus.authority)
    assert bb("queues", BB_HTTP_URL=own, RABBIT_URL=None).returncode == OK
