"""Publishing one event as a whole process: connect, publish, confirmed, exit.

What a shell script pays for each event. Beside `bb publish`, which builds the envelope
and checks the payload against its schema too (and once more without that check), the
same event from ready-made bytes by amqp-publish (which waits for no confirm), and by
one-shot scripts with aio-pika and amqplib (which do). Interleaved, so that whatever
else the machine does falls on all of them alike.
"""

import argparse
import contextlib
import json
import os
import pathlib
import shutil
import statistics
import sys
import tempfile
import time
import uuid

import bb_serve
import pika

TYPE = "transcription.voice.completed"
PAYLOAD = (
    '{"session_id":"5b1f0c7e-2f64-4c1e-9a53-8d1f6a0b7c21",'
    '"text":"Hey Tonny, what is on my calendar?","is_final":true}'
)
REFERENCE = "amqp-publish"
HERE = pathlib.Path(__file__).parent


def envelope():
    return json.dumps(
        {
            "event_id": str(uuid.uuid4()),
            "event_type": TYPE,
            "timestamp": "2026-01-27T10:15:30.123456Z",
            "version": "1.0.0",
            "source": {"host": "kitchen", "type": "manual", "app": None, "meta": None},
            "correlation_ids": [],
            "agent_context": None,
            "payload": json.loads(PAYLOAD),
        },
        separators=(",", ":"),
    )


def publishers(bb, url, exchange):
    """Name -> command; each publishes one event."""
    body = envelope()
    amqp_publish = shutil.which(REFERENCE) or sys.exit("amqp-publish is not installed")
    node = shutil.which("node") or sys.exit("node is not installed")
    return {
        REFERENCE: [amqp_publish, f"--url={url}", "-e", exchange, "-r", TYPE]
        + ["-p", "-C", "application/json", "-E", "utf-8", "-b", body],
        "bb publish": [bb, "publish", TYPE, "--json", PAYLOAD],
        "bb publish, unchecked": [bb, "publish", TYPE, "--json", PAYLOAD, "--skip-validation"],
        "aio-pika": [sys.executable, HERE / "one_shot/aio_pika_publish.py"]
        + [url, exchange, TYPE, body],
        "amqplib": [node, HERE / "one_shot/amqplib_publish.js", url, exchange, TYPE, body],
    }


def run_ms(command, environment):
    """The time from starting the process to its end."""
    command = [str(word) for word in command]
    silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    begin = time.perf_counter()
    pid = os.posix_spawn(command[0], command, environment, file_actions=silent)
    _, status = os.waitpid(pid, 0)
    elapsed = time.perf_counter() - begin
    if status != 0:
        sys.exit(f"failed with {os.waitstatus_to_exitcode(status)}: {' '.join(command)}")
    return elapsed * 1000


@contextlib.contextmanager
def broker(bb, url):
    """The URL given, or that of a `bb serve` for this run."""
    if url:
        yield url
        return
    with tempfile.TemporaryDirectory(prefix="bb-bench-") as folder:
        directory, url_file = pathlib.Path(folder) / "serve", pathlib.Path(folder) / "url"
        bb_serve.start(directory, url_file, bb, owner_pid=os.getpid())
        try:
            yield url_file.read_text().strip()
        finally:
            bb_serve.stop(directory, url_file)


@contextlib.contextmanager
def listening_queue(url, exchange):
    """A queue that receives every event, as a mandatory publish wants. Gives a
    function that counts what it received."""
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        channel.exchange_declare(exchange, "topic", durable=True)
        queue = channel.queue_declare("", exclusive=True).method.queue
        channel.queue_bind(queue, exchange, "#")
        try:
            yield lambda: channel.queue_declare(queue, passive=True).method.message_count
        finally:
            channel.exchange_delete(exchange)


def measure(commands, runs, environment):
    """Name -> times in ms. One round more than asked for: the first warms the caches."""
    times = {name: [] for name in commands}
    names = list(commands)
    for number in range(runs + 1):
        for name in names:
            elapsed = run_ms(commands[name], environment)
            if number > 0:
                times[name].append(elapsed)
        # Another order each round, so that nobody always follows the same one.
        names.append(names.pop(0))
    return times


def print_table(times):
    reference = statistics.median(times[REFERENCE])
    print(f"| whole process | median ms | p10 | p90 | × {REFERENCE} |")
    print("| --- | --: | --: | --: | --: |")
    for name, values in times.items():
        tenths = statistics.quantiles(values, n=10, method="inclusive")
        median = statistics.median(values)
        print(
            f"| {name} | {median:.2f} | {tenths[0]:.2f} | {tenths[-1]:.2f} "
            f"| {median / reference:.2f} |"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bb", required=True, help="the program")
    parser.add_argument("--runs", type=int, default=20, help="of each (%(default)s)")
    parser.add_argument("--url", help="a broker that runs; without it, a `bb serve` of its own")
    options = parser.parse_args()
    if options.runs < 2:
        parser.error("--runs must be 2 or more")
    bb = pathlib.Path(options.bb).absolute()
    exchange = f"bench.{uuid.uuid4().hex[:12]}"

    with broker(bb, options.url) as url, listening_queue(url, exchange) as received:
        environment = {**os.environ, "RABBIT_URL": url, "EXCHANGE_NAME": exchange}
        commands = publishers(bb, url, exchange)
        times = measure({**commands, "bb --help": [bb, "--help"]}, options.runs, environment)
        expected = len(commands) * (options.runs + 1)
        # amqp-publish waits for nothing, so its last event may still be under way.
        deadline = time.monotonic() + 10
        while (count := received()) < expected and time.monotonic() < deadline:
            time.sleep(0.01)
        if count != expected:
            sys.exit(f"{count} of {expected} events arrived: the times mean nothing")
    print_table(times)


if __name__ == "__main__":
    main()
