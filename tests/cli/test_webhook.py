"""`bb subscribe --webhook`: events to an HTTP endpoint, as the library of Standard Webhooks reads them."""

import base64
import http.server
import json
import signal
import threading
import time

import pytest
import standardwebhooks

from bb_pytest import PATIENCE_S

EVENT = "test.webhook.sent"
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


class Endpoint(http.server.ThreadingHTTPServer):
    """Keeps what is posted to it; `answer(number, n)` is the status for its request of that number, for the event `n`."""

    def __init__(self, answer):
        self.answer = answer
        self.requests = []
        self.taken = []
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/hook"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        verified = standardwebhooks.Webhook(SECRET).verify(body, dict(self.headers))
        with self.server.lock:
            number = len(self.server.requests)
            status = self.server.answer(number, verified["payload"]["n"])
            self.server.requests.append((self.headers["webhook-id"], status))
            if status // 100 == 2:
                self.server.taken.append(verified)
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *words):
        pass


@pytest.fixture
def endpoint():
    made = []

    def start(answer=lambda number, n: 204):
        made.append(Endpoint(answer))
        return made[-1]

    yield start
    for each in made:
        each.shutdown()
        each.server_close()


@pytest.fixture
def hook(bb, channel):
    queue = f"{bb.exchange}.hooks"

    def start(url, *options):
        process = bb.start(
            *("subscribe", "test.#", "--service", "hooks", "--webhook", url, "--allow-private"),
            *("--retry-delay", "50ms", "--timeout", f"{PATIENCE_S}s", *options),
        )
        notice = process.stderr.readline()
        assert "receives" in notice, notice + process.stderr.read()
        return process

    bb.environment["BB_WEBHOOK_SECRET"] = SECRET
    start.queue = queue
    yield start
    bb.stop_all()
    for name in [queue, f"{queue}.dlq"] + [f"{queue}.retry.{50 * 5**n}" for n in range(4)]:
        channel.queue_delete(name)
    channel.exchange_delete(bb.exchange)


def publish(bb, count):
    lines = "".join(json.dumps({"n": number}) + "\n" for number in range(count))
    done = bb("publish", EVENT, "--jsonl", "-", "--skip-validation", stdin=lines.encode())
    assert done.returncode == 0, done.stderr


def test_posts_events_that_the_official_library_verifies(bb, hook, endpoint):
    server = endpoint()
    process = hook(server.url, "--count", "3")
    publish(bb, 3)
    assert process.wait(PATIENCE_S) == 0
    assert sorted(event["payload"]["n"] for event in server.taken) == [0, 1, 2]
    assert {identity for identity, _ in server.requests} == {e["event_id"] for e in server.taken}


def test_an_endpoint_that_is_down_now_and_then_gets_all_of_them(bb, hook, endpoint):
    # While it is down it is asked less and less often: three refusals in a row are a second.
    server = endpoint(lambda number, n: 503 if number % 13 >= 10 else 200)
    process = hook(server.url, "--count", "50")
    publish(bb, 50)
    assert process.wait(PATIENCE_S) == 0
    assert sorted(event["payload"]["n"] for event in server.taken) == list(range(50))
    said = process.stderr.read()
    assert "503" in said and "left alone for" in said and "takes events again" in said


def test_what_it_refuses_is_a_dead_letter_after_its_attempts(bb, hook, endpoint, channel):
    server = endpoint(lambda number, n: 422 if n == 1 else 200)
    process = hook(server.url, "--count", "3", "--attempts", "3")
    publish(bb, 3)
    assert process.wait(PATIENCE_S) == 0
    assert sorted(event["payload"]["n"] for event in server.taken) == [0, 2]
    assert [status for _, status in server.requests].count(422) == 3
    method, properties, body = channel.basic_get(f"{hook.queue}.dlq")
    assert json.loads(body)["payload"]["n"] == 1
    assert properties.headers["bb-reason"] == "attempts"
    assert properties.headers["bb-error"] == "answered 422"
    channel.basic_ack(method.delivery_tag)


def wait_for_taken(server, count):
    deadline = time.monotonic() + PATIENCE_S
    while len(server.taken) < count:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return sorted(event["payload"]["n"] for event in server.taken)


def test_events_that_are_refused_hold_up_no_others(bb, hook, endpoint):
    server = endpoint(lambda number, n: 422 if n < 40 else 200)
    hook(server.url, "--attempts", "1")
    publish(bb, 42)
    assert wait_for_taken(server, 2) == [40, 41]
    # Nor was it left alone between them.
    assert [status for _, status in server.requests] == [422] * 40 + [200] * 2


def test_one_that_always_fails_gives_up_the_only_place(bb, hook, endpoint):
    server = endpoint(lambda number, n: 500 if n == 0 else 200)
    hook(server.url, "--concurrency", "1")
    publish(bb, 4)
    assert wait_for_taken(server, 3) == [1, 2, 3]


def test_events_that_always_fail_hold_up_no_others(bb, hook, endpoint):
    # It is taken for an endpoint that is down, until one of the others is tried.
    server = endpoint(lambda number, n: 500 if n < 7 else 200)
    hook(server.url)
    publish(bb, 57)
    assert wait_for_taken(server, 50) == list(range(7, 57))


def test_410_ends_it_and_the_events_stay(bb, hook, endpoint, channel):
    server = endpoint(lambda number, n: 410)
    process = hook(server.url)
    publish(bb, 2)
    assert process.wait(PATIENCE_S) == 1
    assert "410" in process.stderr.read()
    deadline = time.monotonic() + PATIENCE_S
    while channel.queue_declare(hook.queue, passive=True).method.message_count < 2:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_redirect_is_not_followed(bb, hook, endpoint):
    server = endpoint(lambda number, n: 302 if number == 0 else 200)
    process = hook(server.url, "--count", "1")
    publish(bb, 1)
    assert process.wait(PATIENCE_S) == 0
    assert [status for _, status in server.requests] == [302, 200]


def test_what_waits_goes_back_when_it_is_interrupted(bb, hook, endpoint, channel):
    server = endpoint(lambda number, n: 500)
    process = hook(server.url)
    publish(bb, 3)
    deadline = time.monotonic() + PATIENCE_S
    while not server.requests:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_S) == 130
    while channel.queue_declare(hook.queue, passive=True).method.message_count < 3:
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--webhook", "http://127.0.0.1:1/"], "BB_WEBHOOK_SECRET"),
        (["--webhook", "ftp://example.com/"], "URL"),
        (["--webhook", "http://example.com/", "--exec", "true"], "--exec"),
        (["--allow-private"], "--webhook"),
    ],
)
def test_options_that_cannot_be(bb_alone, options, says):
    refused = bb_alone("subscribe", "#", "--service", "a", *options)
    assert refused.returncode == 2 and says in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_private_addresses_only_when_allowed(bb_alone):
    options = ["--service", "a", "--webhook", "http://127.0.0.1:1/", "--timeout", "5s"]
    refused = bb_alone("subscribe", "#", *options, BB_WEBHOOK_SECRET=SECRET)
    assert refused.returncode == 4 and "--allow-private" in refused.stderr


def test_a_name_that_leads_to_a_private_address(bb, hook, endpoint):
    server = endpoint()
    url = server.url.replace("127.0.0.1", "127.1")  # as a resolver takes it, with no network
    process = bb.start("subscribe", "test.#", "--service", "hooks", "--webhook", url,
                       "--retry-delay", "50ms", "--timeout", f"{PATIENCE_S}s")  # fmt: skip
    assert "receives" in process.stderr.readline()
    publish(bb, 1)
    notice = next(line for line in process.stderr if "127.1" in line)
    assert notice.count("http://127.1") == 1 and "not a public address" in notice, notice
    assert "--allow-private" in notice and not server.requests
