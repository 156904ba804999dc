"""Webhooks to an endpoint that is down half of the time, beside one that is not: see bench/README.md."""

import argparse
import asyncio
import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import uuid

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE / "broker"))

import servers  # noqa: E402

PERIOD_S = 1.0  # of which it is down for the first half
TIMEOUT_S = 900


class Endpoint:
    """POSTs of one service; `flaps`: 503 in the first half of each period."""

    def __init__(self, flaps):
        self.flaps = flaps
        self.begin = time.monotonic()
        self.delivered = {}  # id -> when
        self.refused = []  # when
        self.duplicates = 0

    def is_down(self):
        return self.flaps and (time.monotonic() - self.begin) % PERIOD_S < PERIOD_S / 2

    def answer(self, event_id):
        now = time.monotonic()
        if self.is_down():
            self.refused.append(now)
            return b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
        self.duplicates += event_id in self.delivered
        self.delivered.setdefault(event_id, now)
        return b"HTTP/1.1 204 No Content\r\n\r\n"

    async def serve(self, reader, writer):
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
                await reader.readexactly(int(fields["content-length"]))
                writer.write(self.answer(fields["webhook-id"]))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def deliver(bb, folder, events, flapping):
    """Seconds until each endpoint had all, and the endpoints."""
    server = servers.BbServe(folder / "bb")
    environment = {
        **os.environ,
        "RABBIT_URL": f"amqp://guest:guest@127.0.0.1:{server.port}/",
        "BB_WEBHOOK_SECRET": "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode(),
        "HOME": str(folder),
    }
    endpoints = {"steady": Endpoint(False)}
    if flapping:
        endpoints["flapping"] = Endpoint(True)
    processes = []
    try:
        for name, endpoint in endpoints.items():
            listener = await asyncio.start_server(endpoint.serve, "127.0.0.1", 0)
            port = listener.sockets[0].getsockname()[1]
            command = [bb, "subscribe", "#", "--service", name, "--allow-private"]
            command += ["--webhook", f"http://127.0.0.1:{port}/"]
            process = await asyncio.create_subprocess_exec(
                *command, env=environment, stderr=asyncio.subprocess.PIPE
            )
            processes.append(process)
            line = await process.stderr.readline()
            if b"receives" not in line:
                sys.exit(line.decode() + (await process.stderr.read()).decode())
            # What it says of each attempt that failed is not read here.
            asyncio.get_running_loop().create_task(process.stderr.read())
        begin = time.monotonic()
        publish = [bb, "publish", "--jsonl", "-", "--envelopes", "--skip-validation", "--quiet"]
        publisher = await asyncio.create_subprocess_exec(
            *publish, env=environment, stdin=asyncio.subprocess.PIPE
        )
        await publisher.communicate("\n".join(envelope(n) for n in range(events)).encode())
        took = {}
        while len(took) < len(endpoints):
            for name, endpoint in endpoints.items():
                if name not in took and len(endpoint.delivered) >= events:
                    took[name] = max(endpoint.delivered.values()) - begin
            if time.monotonic() - begin > TIMEOUT_S:
                sys.exit(f"not delivered: { {n: len(e.delivered) for n, e in endpoints.items()} }")
            await asyncio.sleep(0.05)
        return took, endpoints
    finally:
        for process in processes:
            process.terminate()
            await process.wait()
        server.stop()


def envelope(number):
    return json.dumps(
        {
            "event_id": str(uuid.uuid4()),
            "event_type": "bench.webhook.sent",
            "timestamp": "2026-01-27T10:15:30Z",
            "version": "1.0.0",
            "source": {"host": "bench", "type": "manual"},
            "payload": {"n": number},
        }
    )


def main():
    parser = argparse.ArgumentParser(prog="./bench/run.sh webhooks", description=__doc__)
    parser.add_argument("--bb", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--events", type=int, default=10_000)
    arguments = parser.parse_args()
    bb = os.path.abspath(arguments.bb)
    servers.BbServe.program = bb
    with tempfile.TemporaryDirectory() as name:
        alone, _ = asyncio.run(deliver(bb, pathlib.Path(name), arguments.events, False))
        both, endpoints = asyncio.run(deliver(bb, pathlib.Path(name), arguments.events, True))
    flapping = endpoints["flapping"]
    down_s = both["flapping"] / 2
    print(f"{arguments.events:,} events, each delivered to each endpoint.")
    print(f"steady endpoint alone: {alone['steady']:.1f} s; beside the other: {both['steady']:.1f} s")
    print(
        f"the endpoint that is down half of the time: {both['flapping']:.1f} s, "
        f"{len(flapping.refused)} attempts in about {down_s:.0f} s of being down, "
        f"{flapping.duplicates} delivered more than once"
    )


main()
