"""docs/first-service.md: every command in it is run, in order.

Its blocks: `terminal N` runs until it is stopped, `stop N` presses Ctrl-C there, `sh` has to end
with 0, and `sh wait` does so sooner or later. On RabbitMQ the one that starts `bb serve` is left
out.
"""

import pathlib
import re
import signal
import subprocess
import time

import pytest

from bb_pytest import PATIENCE_S, Program
from redis_server import RedisServer
from service import free_ports

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "first-service.md"


def blocks():
    text = PAGE.read_text()
    return re.findall(r"^```([^\n]+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


class Reader:
    def __init__(self, program, serve_options):
        self.program = program
        self.prelude = f'bb() {{ "{program.executable}" "$@"; }}\n'
        self.serve_options = serve_options
        self.terminals = {}

    def start(self, terminal, command):
        # In place of its shell, so that a signal is its own.
        line = command.strip().replace("bb serve", f"bb serve {self.serve_options}")
        line = f'exec "{self.program.executable}" ' + line.removeprefix("bb ")
        process = subprocess.Popen(
            ["bash", "-c", line],
            cwd=self.program.folder,
            env=self.program.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.program.started.append(process)
        self.terminals[terminal] = process
        said = process.stdout.readline()
        assert "listening" in said or "receives" in said, said

    def stop(self, terminal):
        process = self.terminals.pop(terminal)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_S)

    def run(self, script):
        return subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", self.prelude + script],
            cwd=self.program.folder,
            env=self.program.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )

    def run_until_it_works(self, script):
        deadline = time.monotonic() + PATIENCE_S
        while True:
            ran = self.run(script)
            if ran.returncode == 0 or time.monotonic() > deadline:
                return ran
            time.sleep(0.1)


@pytest.fixture
def reader(broker, tmp_path, own_vhost, http_url):
    redis = None
    if broker.name == "bb":
        port, http_port = free_ports(2)
        options = f"--port {port} --http-port {http_port}"
        url = f"amqp://guest:guest@127.0.0.1:{port}/"
        http = f"http://guest:guest@127.0.0.1:{http_port}"
    else:
        options = None
        url = own_vhost  # its dead letters are all dead letters
        redis = RedisServer(tmp_path)  # RabbitMQ keeps no registry of services
        http = http_url
    settings = redis.settings if redis else {}
    program = Program(tmp_path, RABBIT_URL=url, BB_HTTP_URL=http, **settings)
    yield Reader(program, options)
    program.stop_all()
    if redis:
        redis.stop()


def test_every_command_works(reader):
    found = blocks()
    assert len(found) >= 10
    for kind, script in found:
        word, _, terminal = kind.partition(" ")
        if word == "terminal":
            if not (script.startswith("bb serve") and reader.serve_options is None):
                reader.start(terminal, script)
        elif word == "stop":
            reader.stop(terminal)
        else:
            ran = reader.run_until_it_works(script) if terminal == "wait" else reader.run(script)
            assert ran.returncode == 0, script + ran.stdout + ran.stderr
