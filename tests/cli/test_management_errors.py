"""The commands over the management API where there is none, or one that misbehaves."""

import base64
import http.server
import socket
import subprocess
import threading

import pytest

OK, FAILURE, USAGE, REFUSED, UNREACHABLE = 0, 1, 2, 4, 7


def refused(process, exit_code, *said):
    assert process.returncode == exit_code, process.stderr
    assert process.stdout == ""
    assert len(process.stderr.splitlines()) == 1, process.stderr
    assert "secret" not in process.stderr
    for words in said:
        assert words in process.stderr, process.stderr


@pytest.fixture
def answering():
    """answering(status, body, headers) is the URL of a server that says that to
    everything but `paths`, {path: (status, body)}, where a status may be a function that
    gives it; .requests has what it was asked."""

    class Answering:
        def __init__(self):
            self.requests = []
            self.servers = []

        def __call__(self, status, body=b"", context=None, paths={}, **headers):
            outer = self
            otherwise = (status, body)

            class Handler(http.server.BaseHTTPRequestHandler):
                def answer(self):
                    length = int(self.headers.get("content-length") or 0)
                    outer.requests.append((self, self.rfile.read(length)))
                    status, body = paths.get(self.path, otherwise)
                    if callable(status):
                        status = status()
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("content-length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

                do_GET = do_PUT = do_POST = do_DELETE = answer

                def log_message(self, *arguments):
                    pass

            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            if context:
                server.socket = context.wrap_socket(server.socket, server_side=True)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            self.servers.append(server)
            scheme = "https" if context else "http"
            return f"{scheme}://ada:secret@127.0.0.1:{server.server_address[1]}"

    made = Answering()
    yield made
    for server in made.servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def raw():
    """raw(bytes) is the address of a server that sends those and closes; of None,
    one that says nothing."""
    held = []

    def serve(text):
        listener = socket.create_server(("127.0.0.1", 0))
        held.append(listener)

        def run():
            try:
                while True:
                    peer, _ = listener.accept()
                    held.append(peer)
                    peer.recv(65536)
                    if text is not None:
                        peer.sendall(text)
                        peer.close()
            except OSError:
                pass

        threading.Thread(target=run, daemon=True).start()
        return f"127.0.0.1:{listener.getsockname()[1]}"

    yield serve
    for each in held:
        each.close()


def test_nothing_listens(bb_alone):
    port = bb_alone.environment["RABBIT_URL"].rstrip("/").rpartition(":")[2]
    refused(
        bb_alone("queues", BB_HTTP_URL=f"http://ada:secret@127.0.0.1:{port}"),
        UNREACHABLE,
        f"127.0.0.1:{port}",
        "refused",
        "bb serve",
        "rabbitmq_management",
    )


def test_the_url_follows_the_other_settings(bb_alone):
    port = bb_alone.environment["RABBIT_URL"].rstrip("/").rpartition(":")[2]
    refused(bb_alone("queues", HTTP_PORT=port), UNREACHABLE, f"http://127.0.0.1:{port}:")
    (bb_alone.folder / ".env").write_text(f"BB_HTTP_URL=http://localhost:{port}/base/\n")
    refused(bb_alone("queues"), UNREACHABLE, f"http://localhost:{port}/base:")
    flag = bb_alone("queues", "--http-url", f"http://[::1]:{port}", BB_HTTP_URL="http://x")
    refused(flag, UNREACHABLE, f"http://[::1]:{port}:")


@pytest.mark.parametrize(
    "settings, said",
    [
        ({"BB_HTTP_URL": "127.0.0.1:15672"}, "BB_HTTP_URL"),
        ({"BB_HTTP_URL": "amqp://ada:secret@host"}, "BB_HTTP_URL"),
        ({"BB_HTTP_URL": "http://ada:secret/x@host"}, "BB_HTTP_URL"),
        ({"BB_HTTP_URL": "http://ada@127.0.0.1:1"}, "no password"),
        ({"RABBIT_URL": "http://ada:secret@host"}, "RABBIT_URL"),
        ({"HTTP_PORT": "none"}, "HTTP_PORT"),
    ],
)
def test_settings_that_cannot_be_used(bb_alone, settings, said):
    refused(bb_alone("queues", **settings), USAGE, said)


def test_hosts_that_are_not_there(bb_alone):
    refused(bb_alone("queues", "--http-url", "http://ada:secret@no.such.host.invalid"), UNREACHABLE)


def test_what_listens_is_something_else(bb_alone, raw, answering):
    def ask(url):
        return bb_alone("queues", BB_HTTP_URL=url)

    amqp = raw(b"AMQP\x00\x00\x09\x01")
    refused(ask(f"http://{amqp}"), UNREACHABLE, "does not speak HTTP")
    refused(ask(f"http://{raw(b'')}"), UNREACHABLE, "closed")
    cut = raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[")
    refused(ask(f"http://{cut}"), UNREACHABLE, "complete")
    refused(ask(f"https://{amqp}"), UNREACHABLE, "TLS")
    refused(ask(answering(200, b"<html>")), UNREACHABLE, "not JSON", "rabbitmq_management")
    refused(ask(answering(404, b"<html>")), UNREACHABLE, "no management API")
    refused(ask(answering(302, location="http://elsewhere/")), UNREACHABLE, "redirection")
    refused(ask(answering(200, b"{}")), FAILURE, "no list of queues")
    refused(ask(answering(500, b'{"error":"x","reason":"gone\x1b[2J wrong"}')), FAILURE, "500")
    refused(ask(answering(503)), UNREACHABLE, "starting or stopping")
    refused(ask(answering(405)), FAILURE, "cannot do that")
    refused(ask(answering(403)), REFUSED, "ada")


def test_what_a_server_could_not_say_is_asked_again(bb_alone, answering):
    """RabbitMQ answers so when a queue goes while it lists them."""
    statuses = iter([500, 500, 200, 500])
    url = answering(404, paths={"/api/vhosts": (lambda: next(statuses), b"[]")})
    assert bb_alone("vhost", "list", BB_HTTP_URL=url).returncode == OK
    assert len(answering.requests) == 3
    # What changes something is not.
    refused(bb_alone("vhost", "add", "a", BB_HTTP_URL=answering(500)), FAILURE, "500")
    assert len(answering.requests) == 4


def test_a_server_that_says_nothing(bb_alone, raw):
    url = f"http://ada:secret@{raw(None)}"
    refused(bb_alone("queues", "--http-url", url, "--timeout", "50ms"), UNREACHABLE, "50ms")
    refused(bb_alone("queues", "--timeout", "soon"), USAGE, "--timeout")


def test_what_is_listed_can_be_shown(bb_alone, answering):
    """A broker need not have a path for each channel."""
    paths = {"/api/channels": (200, b'[{"name":"c (1)","vhost":"/","number":1}]')}
    url = answering(404, b'{"error":"Object Not Found","reason":"Not Found"}', paths=paths)
    shown = bb_alone("channels", "show", "c (1)", BB_HTTP_URL=url)
    assert shown.returncode == OK and "number: 1" in shown.stdout
    refused(bb_alone("channels", "show", "c (2)", BB_HTTP_URL=url), FAILURE, "'c (1)'")


def test_records_that_are_odd(bb_alone, answering):
    odd = b'[1, {}, {"name": 7, "messages": "many", "arguments": []}, {"name": "a"}]'
    url = answering(200, odd)
    process = bb_alone("queues", BB_HTTP_URL=url)
    assert process.returncode == OK and process.stdout.splitlines()[-1].startswith("a ")
    deep = answering(200, b"[" * 100000)
    refused(bb_alone("queues", BB_HTTP_URL=deep), UNREACHABLE, "not JSON")


def test_what_is_sent(bb_alone, answering):
    url = answering(201)
    made = bb_alone("queues", "declare", "a b/\u00e9", BB_HTTP_URL=url + "/base/")
    assert made.returncode == OK, made.stderr
    handler, body = answering.requests[0]
    assert (handler.command, handler.path) == ("PUT", "/base/api/queues/%2F/a%20b%2F%C3%A9")
    account = base64.b64encode(b"ada:secret").decode()
    assert handler.headers["authorization"] == f"Basic {account}"
    assert body == b'{"durable":true,"auto_delete":false,"arguments":{}}'


def test_certificates_are_checked(bb_alone, answering, tmp_path):
    import ssl

    def certificate(name, subject):
        key, file = tmp_path / f"{name}.key", tmp_path / f"{name}.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
            + ["-nodes", "-keyout", key, "-out", file, "-days", "2", "-subj", "/CN=test"]
            + ["-addext", f"subjectAltName={subject}"],
            check=True,
            capture_output=True,
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file, key)
        return file, context

    file, context = certificate("right", "IP:127.0.0.1")
    url = answering(200, b"[]", context)
    refused(bb_alone("queues", BB_HTTP_URL=url), UNREACHABLE, "certificate", "SSL_CERT_FILE")
    trusted = bb_alone("queues", BB_HTTP_URL=url, SSL_CERT_FILE=str(file))
    assert trusted.returncode == OK and "no queues" in trusted.stderr
    plain = url.replace("https://", "http://")
    assert bb_alone("queues", BB_HTTP_URL=plain).returncode == UNREACHABLE
    clear = answering(200, b"[]").replace("http://", "https://")
    refused(bb_alone("queues", BB_HTTP_URL=clear), UNREACHABLE, "http://")

    file, context = certificate("other", "DNS:elsewhere.example")
    url = answering(200, b"[]", context)
    wrong_name = bb_alone("queues", BB_HTTP_URL=url, SSL_CERT_FILE=str(file))
    refused(wrong_name, UNREACHABLE, "certificate")
