"""The brokers that are compared: each a process group of this program's own, with its data in a
folder of its own, on a free port of 127.0.0.1."""

import ctypes
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

import rabbitmq
import service

READY_TIMEOUT_S = 60
STOP_TIMEOUT_S = 60
POLL_S = 0.0002
PR_SET_PDEATHSIG = 1
TICKS_PER_S = os.sysconf("SC_CLK_TCK")

_libc = ctypes.CDLL(None)


class ServerError(Exception):
    pass


def _die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _spawn(command, log, environment=None):
    return subprocess.Popen(
        [str(word) for word in command],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=_die_with_parent,
    )


def _descendants(pid):
    """The process and all that it started, as pids."""
    children = {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [pid]
    for parent in found:
        found += children.get(parent, [])
    return found


def _resident_kib(pid):
    try:
        for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Rss:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def _processor_ticks(pid):
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


class Server:
    """A broker that runs. `ready_ms` is the time from its start until it answered a client."""

    greeting = b""  # what a client says first
    answer = b""  # what the broker's answer to it begins with

    def __init__(self, folder):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.folder = folder
        self.log_path = folder / "log"
        self.port = service.free_ports(1)[0]
        self.helpers = []
        with self.log_path.open("wb") as log:
            self.command, self.environment = self.prepare(log)
        self._start()

    def _start(self):
        with self.log_path.open("ab") as log:
            begin = time.perf_counter()
            self.process = _spawn(self.command, log, self.environment)
        try:
            self._wait_until_ready(begin)
        except ServerError:
            self.stop()
            raise
        self.ready_ms = (time.perf_counter() - begin) * 1000

    def prepare(self, log):
        """The command and its environment."""
        raise NotImplementedError

    def _answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as peer:
                peer.sendall(self.greeting)
                return peer.recv(len(self.answer)) == self.answer
        except OSError:
            return False

    def _wait_until_ready(self, begin):
        while not self._answers():
            if self.process.poll() is not None:
                raise ServerError(f"ended with {self.process.returncode}:\n{self.log_tail()}")
            if time.perf_counter() - begin > READY_TIMEOUT_S:
                raise ServerError(f"does not answer:\n{self.log_tail()}")
            time.sleep(POLL_S)

    def kill_and_start(self):
        """SIGKILL, and the same once more over the data that it left."""
        self.process.kill()
        self.process.wait()
        self._start()

    def log_tail(self):
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-20:])

    def resident_mib(self):
        return sum(_resident_kib(pid) for pid in _descendants(self.process.pid)) / 1024

    def disk_mib(self):
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        return sum(path.stat().st_blocks for path in files) * 512 / 2**20

    def processor_s(self):
        return sum(_processor_ticks(pid) for pid in _descendants(self.process.pid)) / TICKS_PER_S

    def stop(self):
        """SIGTERM, and its data are gone; what it has left to write does not burden the next."""
        for process in [self.process, *self.helpers]:
            if process.poll() is None:
                process.terminate()
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
        os.sync()


class BbServe(Server):
    greeting = b"AMQP\x00\x00\x09\x01"
    answer = b"\x01"
    program = None  # the path of bb

    def prepare(self, log):
        command = [self.program, "serve", "--host", "127.0.0.1", "--port", self.port]
        command += ["--data-dir", self.folder / "data", "--log-level", "warning"]
        options = subprocess.run(
            [self.program, "serve", "--help"], capture_output=True, text=True, check=True
        ).stdout
        if "--http-port" in options:
            command += ["--http-port", service.free_ports(1)[0]]
        return command, None


class RabbitMq(Server):
    """As it comes: no plugins, no settings but where things are."""

    greeting = b"AMQP\x00\x00\x09\x01"
    answer = b"\x01"

    def prepare(self, log):
        distribution_port, epmd_port = service.free_ports(2)
        environment = self._environment(distribution_port, epmd_port)
        epmd = shutil.which("epmd") or "/usr/bin/epmd"
        command = [epmd, "-address", "127.0.0.1", "-port", epmd_port]
        self.helpers = [_spawn(command, log, environment)]
        return [rabbitmq.server_script()], environment

    def _environment(self, distribution_port, epmd_port):
        """The caller's, without its settings for another RabbitMQ."""
        (self.folder / "rabbitmq.conf").write_text("")
        (self.folder / "rabbitmq-env.conf").write_text("")
        (self.folder / "enabled_plugins").write_text("[].\n")
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("RABBITMQ_", "ERL_"))
        }
        return {
            **inherited,
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(epmd_port),
            "RABBITMQ_NODENAME": f"bloodbank-bench-{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(distribution_port),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                "-kernel inet_dist_use_interface {127,0,0,1}"
            ),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "logs"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_PID_FILE": str(self.folder / "beam.pid"),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "rabbitmq-env.conf"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(self.folder / "generated"),
        }


class NatsServer(Server):
    answer = b"INFO"

    def prepare(self, log):
        # Debian's is in sbin, which is not on everybody's PATH.
        program = shutil.which("nats-server") or "/usr/sbin/nats-server"
        command = [program, "-a", "127.0.0.1", "-p", self.port, "-js", "-sd", self.folder / "data"]
        return command, None
