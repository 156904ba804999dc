"""Brokers for a suite, each new, on free loopback ports, with data of its own."""

import contextlib
import dataclasses
import os
import pathlib
import sys
from urllib.parse import urlsplit

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

import bb_serve  # noqa: E402
import rabbitmq  # noqa: E402


@dataclasses.dataclass(frozen=True)
class Broker:
    name: str  # "bb" or "rabbitmq"
    url: str  # amqp://guest:guest@127.0.0.1:PORT
    http_url: str  # of the management API

    @property
    def host(self):
        return urlsplit(self.url).hostname

    @property
    def port(self):
        return urlsplit(self.url).port

    @property
    def http_port(self):
        return urlsplit(self.http_url).port


@contextlib.contextmanager
def started(name, scratch, bb_program, bb_options=()):
    """A broker for as long as the block runs, its data and log in the folder `scratch`. It ends
    with this process too. Raises service.ServiceError when it cannot be started, or when
    `bb serve` does not exit with 0."""
    directory, url_file = scratch / name, scratch / "url"
    if name == "bb":
        bb_serve.start(directory, url_file, bb_program, *bb_options, owner_pid=os.getpid())
        stop = bb_serve.stop
    else:
        rabbitmq.start(directory, url_file, owner_pid=os.getpid())
        stop = rabbitmq.stop
    try:
        http_url = bb_serve.http_url_file(url_file).read_text().strip()
        yield Broker(name, url_file.read_text().strip(), http_url)
    finally:
        stop(directory, url_file)
