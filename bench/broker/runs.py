"""One run of each measurement: a broker, broker_bench as its client, a row of figures."""

import json
import os
import pathlib
import subprocess
import time

import servers

CLIENT_TIMEOUT_S = 600
SETTLE_S = 1.0
BACKLOG_WATCH_S = 2.0

# Name -> broker, kind of its queues.
PEERS = {
    "bb": (servers.BbServe, "classic"),
    "bb-quorum": (servers.BbServe, "quorum"),
    "bb-stream": (servers.BbServe, "stream"),
    "rabbitmq-classic": (servers.RabbitMq, "classic"),
    "rabbitmq-classic-v2": (servers.RabbitMq, "classic-v2"),
    "rabbitmq-lazy": (servers.RabbitMq, "lazy"),
    "rabbitmq-quorum": (servers.RabbitMq, "quorum"),
    "rabbitmq-stream": (servers.RabbitMq, "stream"),
    "jetstream": (servers.NatsServer, "jetstream"),
}
DEFAULT_PEERS = [
    "bb",
    "rabbitmq-classic",
    "rabbitmq-classic-v2",
    "rabbitmq-quorum",
    "rabbitmq-stream",
    "jetstream",
]
AMQP_ONLY = {"topology", "recovery"}
PAYLOAD = pathlib.Path(__file__).parent.parent / "validate" / "data" / "voice_short.json"
VALIDATION_EVENTS = 300_000
WITHOUT_QUEUES = {"idle"}
# Events of one run: about as many seconds for everybody.
EVENTS = {
    "pair": {servers.BbServe: 500_000, servers.NatsServer: 200_000, servers.RabbitMq: 80_000},
    "publisher": {servers.BbServe: 500_000, servers.NatsServer: 300_000, servers.RabbitMq: 80_000},
    "fanout": {servers.BbServe: 60_000, servers.NatsServer: 40_000, servers.RabbitMq: 8_000},
}
QUICK_DIVISOR = 10
BACKLOG_EVENTS = 200_000
RECOVERY_EVENTS = 1_600_000  # of 600 bytes and what is said of them: a little over 1 GB
FANOUT_QUEUES = 16
IDLE_CONNECTIONS = 5000
TOPOLOGY_QUEUES = 10_000
TOPOLOGY_BINDINGS = 10  # of each queue


class RunError(Exception):
    pass


class Bench:
    def __init__(self, client, folder, quick):
        self.client = client
        self.folder = pathlib.Path(folder)
        self.quick = quick
        self.server = None

    def call(self, mode, *words):
        """What one run of the client says."""
        command = [str(word) for word in [self.client, mode, *words]]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=CLIENT_TIMEOUT_S
            )
        except subprocess.TimeoutExpired:
            raise RunError(f"{' '.join(command)}: not done after {CLIENT_TIMEOUT_S} s") from None
        if done.returncode != 0:
            raise RunError(f"{' '.join(command)}: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def start(self, peer):
        """The broker of that peer, started for it."""
        self.stop()
        self.server = PEERS[peer][0](self.folder / peer)
        return self.server

    def serve(self, peer):
        """The broker of that peer: one that runs already will do."""
        if isinstance(self.server, PEERS[peer][0]):
            # What the run before left to write is not this one's burden.
            os.sync()
            return self.server
        return self.start(peer)

    def stop(self):
        """Also after whatever went wrong with it."""
        if self.server:
            server, self.server = self.server, None
            server.stop()

    def loaded(self, server, peer, mode, events, *words):
        """A run of so many events, with the broker's processor time for each."""
        before = server.processor_s()
        words = [*words, "--events", events, "--port", server.port, "--peer", PEERS[peer][1]]
        row = self.call(mode, *words)
        row["broker_cpu_us_per_event"] = (server.processor_s() - before) * 1e6 / events
        return row

    def events(self, mode, peer):
        return EVENTS[mode][PEERS[peer][0]] // (QUICK_DIVISOR if self.quick else 1)

    def throughput(self, peer, mode, consumers):
        server = self.serve(peer)
        events = self.events(mode, peer)
        words = ["--consumers", consumers]
        # What a broker does for the first time is not measured.
        self.loaded(server, peer, "throughput", max(1000, events // 20), *words)
        return self.loaded(server, peer, "throughput", events, *words)

    def pair(self, peer):
        return self.throughput(peer, "pair", 1)

    def publisher(self, peer):
        return self.throughput(peer, "publisher", 0)

    def fanout(self, peer):
        return self.throughput(peer, "fanout", FANOUT_QUEUES)

    def latency(self, peer):
        server = self.serve(peer)
        row = {}
        for rate in (1000, 5000):
            words = ["--rate", rate, "--seconds", 2 if self.quick else 10]
            words += ["--port", server.port, "--peer", PEERS[peer][1]]
            for name, value in self.call("latency", *words).items():
                row[f"{name} at {rate}"] = value
        return row

    def confirm(self, peer):
        server = self.serve(peer)
        words = ["--seconds", 1 if self.quick else 5]
        row = self.call("confirm", *words, "--port", server.port, "--peer", PEERS[peer][1])
        # A disk's syncs differ by the minute: those that this figure is held against are of now.
        return row | self.disk()

    def backlog(self, peer):
        server = self.start(peer)
        filled = self.loaded(server, peer, "fill", BACKLOG_EVENTS)
        resident = server.resident_mib()
        until = time.monotonic() + BACKLOG_WATCH_S
        while time.monotonic() < until:
            time.sleep(0.1)
            resident = max(resident, server.resident_mib())
        drained = self.loaded(server, peer, "drain", BACKLOG_EVENTS)
        return {
            "resident_mib": resident,
            "filled_per_s": filled["events_per_s"],
            "drained_per_s": drained["events_per_s"],
        }

    def recovery(self, peer):
        """Killed with a log full of events that wait, and started again."""
        server = self.start(peer)
        events = RECOVERY_EVENTS // (QUICK_DIVISOR if self.quick else 1)
        self.loaded(server, peer, "fill", events)
        disk_mib = server.disk_mib()
        server.kill_and_start()
        ready_ms, resident_mib = server.ready_ms, server.resident_mib()
        self.loaded(server, peer, "drain", events)  # all of them are there, in order
        return {"disk_mib": disk_mib, "recovered_ms": ready_ms, "recovered_mib": resident_mib}

    def idle(self, peer):
        server = self.start(peer)
        time.sleep(SETTLE_S)
        row = {"ready_ms": server.ready_ms, "resident_mib": server.resident_mib()}
        command = [self.client, "idle", "--connections", IDLE_CONNECTIONS]
        command += ["--port", server.port, "--peer", PEERS[peer][1]]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        client = subprocess.Popen([str(word) for word in command], **pipes)
        try:
            if not client.stdout.readline():
                raise RunError(f"{IDLE_CONNECTIONS} connections: refused")
            time.sleep(SETTLE_S)
            row["connected_mib"] = server.resident_mib()
        finally:
            client.stdin.close()
            client.wait()
        return row

    def topology(self, peer):
        server = self.start(peer)
        words = ["--queues", TOPOLOGY_QUEUES, "--bindings", TOPOLOGY_BINDINGS, "--rounds", 1]
        words += ["--events", 20_000 if self.quick else 200_000]
        return self.call("topology", *words, "--port", server.port, "--peer", PEERS[peer][1])

    def validation(self, peer):
        """The same valid events to an exchange that checks them, and to one that does not."""
        server = self.serve(peer)
        events = VALIDATION_EVENTS // (QUICK_DIVISOR if self.quick else 1)
        rows = {}
        for policy in ("off", "strict"):
            words = ["--payload", PAYLOAD, "--policy", policy]
            self.loaded(server, peer, "validation", max(1000, events // 20), *words)
            rows[policy] = self.loaded(server, peer, "validation", events, *words)
        cost = {policy: row["broker_cpu_us_per_event"] for policy, row in rows.items()}
        rate = {policy: row["events_per_s"] for policy, row in rows.items()}
        return {
            "off_per_s": rate["off"],
            "strict_per_s": rate["strict"],
            "rate_ratio": rate["strict"] / rate["off"],
            "off_cpu_us": cost["off"],
            "strict_cpu_us": cost["strict"],
            "check_cpu_us": cost["strict"] - cost["off"],
        }

    def disk(self):
        return self.call("disk", "--dir", self.folder, "--seconds", 1 if self.quick else 2)

    def limits(self):
        row = self.disk() | self.call("limits", "--seconds", 1 if self.quick else 2)
        for kind, name in (("classic", "AMQP"), ("jetstream", "NATS")):
            for key, value in self.call("client", "--peer", kind).items():
                row[f"{key} {name}"] = value
        return row


def is_on_disk(folder):
    """False for a tmpfs, where a sync costs nothing."""
    folder = os.path.realpath(folder)
    mounts = [line.split() for line in pathlib.Path("/proc/mounts").read_text().splitlines()]
    longest = max(
        (mount for mount in mounts if os.path.commonpath([mount[1], folder]) == mount[1]),
        key=lambda mount: len(mount[1]),
    )
    return longest[2] not in ("tmpfs", "ramfs")
