"""A broker that is away, for the tests of the spool."""

import pytest

from bb_pytest import Program
from service import free_ports


@pytest.fixture
def away(tmp_path):
    """`bb` with no broker, and serve() starts one where it is looked for."""
    port = free_ports(1)[0]
    program = Program(tmp_path, RABBIT_URL=f"amqp://guest:guest@127.0.0.1:{port}/")

    def serve():
        process = program.start("serve", "--port", str(port), "--no-http")
        assert "listening" in process.stdout.readline(), process.stderr.read()
        return process

    program.serve = serve
    yield program
    program.stop_all()
