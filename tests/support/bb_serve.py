#!/usr/bin/env python3
"""A `bb serve` of the tests' own, on a free loopback port.

  bb_serve.py start DIRECTORY URL_FILE BB [OPTION...]   starts it, waits for the line that
                                                        says how to connect, writes that
                                                        URL to URL_FILE, and that of the
                                                        management API to URL_FILE.http
  bb_serve.py stop DIRECTORY URL_FILE                   SIGTERM; it must exit with 0

OPTIONs go to `bb serve`. It stops when the process that started it ends.
"""

import pathlib
import re
import shutil
import sys

import service


def announced_url(directory, scheme="amqp"):
    """From the first line of the output that names one."""
    try:
        log = (directory / "log").read_text(errors="replace")
    except FileNotFoundError:
        return None
    found = re.search(scheme + r"://\S+(?=\s)", log)
    return found and found.group()


def start(directory, url_file, bb, *options, owner_pid=None):
    stop(directory, url_file)
    shutil.rmtree(directory, ignore_errors=True)
    command = [bb, "serve", "--host", "127.0.0.1", "--port", "0"]
    command += ["--data-dir", directory / "data", *options]
    service.start(directory, command, owner_pid=owner_pid)
    try:
        url = service.wait_until(
            directory, lambda: announced_url(directory), "has not said how to connect"
        )
    except service.ServiceError:
        service.stop(directory)
        raise
    # The same form as rabbitmq.py writes: with the account, for clients that do
    # not assume it, and without a slash, which some take for the vhost "".
    if "--no-http" not in options:
        http_url = service.wait_until(
            directory, lambda: announced_url(directory, "http"), "has no management API"
        )
        address = http_url.removeprefix("http://")
        service.write_whole(http_url_file(url_file), f"http://guest:guest@{address}\n")
    address = url.removeprefix("amqp://").rpartition("@")[2].rstrip("/")
    service.write_whole(url_file, f"amqp://guest:guest@{address}\n")


def http_url_file(url_file):
    return url_file.with_name(url_file.name + ".http")


def stop(directory, url_file):
    http_url_file(url_file).unlink(missing_ok=True)
    url_file.unlink(missing_ok=True)
    code = service.stop(directory)
    if code not in (None, 0):
        log = service.log_tail(directory)
        raise service.ServiceError(f"the exit code was {code}, not 0; the end of its log:\n{log}")


if __name__ == "__main__":
    if len(sys.argv) < 4 or sys.argv[1] not in ("start", "stop"):
        sys.exit(__doc__)
    action = start if sys.argv[1] == "start" else stop
    paths = [pathlib.Path(argument).absolute() for argument in sys.argv[2:4]]
    try:
        action(*paths, *sys.argv[4:])
    except service.ServiceError as problem:
        sys.exit(f"bb_serve.py: {problem}")
