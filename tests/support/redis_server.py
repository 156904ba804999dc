"""A Redis of a test's own, on a free loopback port, without files."""

import signal
import socket
import subprocess
import time

import service


class RedisServer:
    def __init__(self, folder, password=None):
        self.folder = folder
        self.password = password
        self.port = service.free_ports(1)[0]
        self.process = None
        self.start()

    def start(self):
        """After stop(): on the same port, empty."""
        command = ["redis-server", "--port", self.port, "--bind", "127.0.0.1", "--save", ""]
        command += ["--appendonly", "no", "--dir", self.folder]
        if self.password:
            command += ["--requirepass", self.password]
        self.process = subprocess.Popen(
            [str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(1000):
            if self.process.poll() is not None:
                raise service.ServiceError("redis-server ended; is the package there?")
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise service.ServiceError("redis-server does not answer")

    def stop(self):
        """Killed; what it held is gone."""
        if self.process:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()
            self.process = None

    def freeze(self):
        """The kernel accepts connections, and nobody answers."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def cli(self, *words):
        """What redis-cli prints."""
        command = ["redis-cli", "-p", self.port, "--no-auth-warning"]
        if self.password:
            command += ["-a", self.password]
        done = subprocess.run(
            [str(word) for word in (*command, *words)], capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.rstrip("\n")

    @property
    def settings(self):
        """For `bb`."""
        settings = {"REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(self.port)}
        if self.password:
            settings["REDIS_PASSWORD"] = self.password
        return settings
