"""Webhooks, received by an HTTP server of Python's and verified by the official library
of Standard Webhooks."""

import base64
import contextlib
import http.server
import json
import os
import subprocess
import threading
import time

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from bb_pytest import PATIENCE_S

SECRET = "whsec_" + base64.b64encode(b"a secret of some thirty bytes...").decode()
OLD_SECRET = "whsec_" + base64.b64encode(b"one that is about to be replaced").decode()
OTHER_SECRET = "whsec_" + base64.b64encode(b"one that nobody has signed with!").decode()
BODIES = [
    '{"test": 2432232314}',
    "{}",
    '{"text": "Gr\u00fc\u00dfe, \u4e16\u754c \U0001f44b", "dots": "a.b.c"}',
    '{ "spaces" :  [ 1 , 2.50 ] }',
    '{"large": "' + "x" * 100_000 + '"}',
]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = self.server.respond(dict(self.headers), body)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Endpoint(http.server.ThreadingHTTPServer):
    """Answers what `status()` says. Keeps what it took, as (headers, body), and counts those that
    the library verified when they came: it refuses what is five minutes old."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, status):
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = status
        self.taken = []
        self.verified = 0
        self.refused = 0
        self.lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self.server_address[1]}/hook?from=bloodbank"

    def respond(self, headers, body):
        with self.lock:
            status = self.status()
            if 200 <= status < 300:
                self.taken.append((headers, body))
                Webhook(SECRET).verify(body, headers)
                self.verified += 1
            else:
                self.refused += 1
            return status


@contextlib.contextmanager
def endpoint(status=lambda: 200):
    with Endpoint(status) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def post(bodies, *urls, secrets=SECRET, timeout=PATIENCE_S):
    """The finished program, and the counts that it printed for each endpoint."""
    process = subprocess.run(
        [os.environ["BB_TEST_WEBHOOK_POST"], secrets, *urls],
        input="".join(body + "\n" for body in bodies).encode(),
        capture_output=True,
        timeout=timeout,
    )
    counts = [
        {name: int(count) for name, count in (word.split("=") for word in line.split())}
        for line in process.stdout.decode().splitlines()
    ]
    return process, counts


def test_the_official_library_verifies_each():
    with endpoint() as receiver:
        process, _ = post(BODIES, receiver.url)
    assert process.returncode == 0, process.stderr
    assert sorted(body.decode() for _, body in receiver.taken) == sorted(BODIES)
    for headers, body in receiver.taken:
        assert Webhook(SECRET).verify(body, headers) == json.loads(body)
        with pytest.raises(WebhookVerificationError):
            Webhook(OTHER_SECRET).verify(body, headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRET).verify(body + b" ", headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRET).verify(body, {**headers, "webhook-id": "evt_other"})


def test_while_a_secret_is_replaced_either_verifies():
    with endpoint() as receiver:
        process, _ = post(BODIES, receiver.url, secrets=f"{SECRET},{OLD_SECRET}")
    assert process.returncode == 0, process.stderr
    for headers, body in receiver.taken:
        assert Webhook(SECRET).verify(body, headers) == json.loads(body)
        assert Webhook(OLD_SECRET).verify(body, headers) == json.loads(body)


def test_a_retry_is_signed_anew_under_the_same_id():
    answers = iter([503, 500, 200])
    seen = []
    with endpoint(lambda: next(answers)) as receiver:
        respond = receiver.respond
        receiver.respond = lambda headers, body: seen.append((headers, body)) or respond(
            headers, body
        )
        process, (counts,) = post(BODIES[:1], receiver.url)
    assert process.returncode == 0, process.stderr
    assert (counts["delivered"], counts["failures"], counts["recoveries"]) == (1, 2, 1)
    assert [headers["webhook-id"] for headers, _ in seen] == ["evt_1"] * 3
    for headers, body in seen:
        assert Webhook(SECRET).verify(body, headers) == json.loads(body)


def test_gone_ends_it():
    with endpoint(lambda: 410) as receiver:
        process, (counts,) = post(BODIES, receiver.url)
    assert process.returncode == 1
    assert counts["gone"] == 1
    assert receiver.refused == 1


def test_an_endpoint_that_is_down_half_of_the_time_gets_all_and_the_other_is_unaffected():
    """The flaky one is down until the other has some hundreds of its events, and then for half of
    each second. Every event arrives at each of them, verified; and the failures are few: probes
    with a back-off rather than all that waits."""
    events = int(os.environ.get("BB_TEST_WEBHOOK_EVENTS", "2000"))
    bodies = [json.dumps({"number": number}) for number in range(events)]
    with endpoint() as good, endpoint() as flaky:

        def flaky_status():
            if len(good.taken) < 300:
                return 503
            return 503 if time.monotonic() % 1 < 0.5 else 204

        flaky.status = flaky_status
        process, counts = post(bodies, good.url, flaky.url, timeout=10 * PATIENCE_S)
    assert process.returncode == 0, process.stderr[-2000:]
    of_good, of_flaky = counts
    assert (of_good["delivered"], of_good["failures"]) == (events, 0)
    assert of_flaky["delivered"] == events
    assert of_flaky["recoveries"] >= 1
    assert 1 <= flaky.refused == of_flaky["failures"] < events / 2
    for receiver in (good, flaky):
        assert receiver.verified == len(receiver.taken) == events
        numbers = sorted(json.loads(body)["number"] for _, body in receiver.taken)
        assert numbers == list(range(events))
