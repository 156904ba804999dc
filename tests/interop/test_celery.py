"""Celery: a worker with a configuration that says nothing but where the broker is, and what a
program that sends it jobs sees. Results come back over the broker too (backend rpc://)."""

import os
import subprocess
import sys
import textwrap

import pytest

from bb_pytest import PATIENCE_S

APPLICATION = textwrap.dedent(
    """\
    import os

    from celery import Celery

    app = Celery("jobs", broker=os.environ["BROKER"], backend="rpc://")


    @app.task
    def add(left, right):
        return left + right


    @app.task
    def fail():
        raise ValueError("on purpose")


    @app.task(bind=True, max_retries=3, default_retry_delay=0)
    def third_time_lucky(self):
        if self.request.retries < 2:
            raise self.retry()
        return self.request.retries


    @app.task
    def total(numbers):
        return sum(numbers)
    """
)

CLIENT = textwrap.dedent(
    """\
    import sys

    import jobs
    from celery import chain, group

    def check(seen, expected):
        if seen != expected:
            sys.exit(f"{seen!r}, not {expected!r}")

    wait = {"timeout": %d}
    check(jobs.add.delay(2, 3).get(**wait), 5)
    check(chain(jobs.add.s(1, 2), jobs.add.s(4))().get(**wait), 7)
    check(group(jobs.add.s(n, n) for n in range(20))().get(**wait), [2 * n for n in range(20)])
    check(jobs.third_time_lucky.delay().get(**wait), 2)
    check(jobs.add.apply_async((1, 1), countdown=1).get(**wait), 2)
    check(str(jobs.fail.delay().get(propagate=False, **wait)), "on purpose")
    [(worker, answer)] = jobs.app.control.ping(timeout=%d, limit=1)[0].items()
    check(answer, {"ok": "pong"})
    check(worker, "worker@here")
    """
    % (PATIENCE_S, PATIENCE_S)
)


@pytest.fixture
def folder(broker, channel, tmp_path):
    (tmp_path / "jobs.py").write_text(APPLICATION)
    (tmp_path / "client.py").write_text(CLIENT)
    yield tmp_path
    channel.queue_delete("celery")
    for exchange in ("celery", "celery.pidbox", "reply.celery.pidbox", "celeryev"):
        channel.exchange_delete(exchange)


@pytest.fixture
def environment(broker):
    return {**os.environ, "BROKER": broker.url.replace("amqp://", "pyamqp://") + "//"}


def python(folder, environment, *words, **options):
    return subprocess.Popen(
        [sys.executable, "-B", *words],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **options,
    )


def test_a_worker_runs_jobs(folder, environment):
    # The program need not wait for the worker: jobs wait in their queue.
    worker = python(
        *(folder, environment, "-m", "celery", "-A", "jobs", "worker"),
        *("--hostname", "worker@here", "--concurrency", "2", "--loglevel", "INFO"),
    )
    client = python(folder, environment, "client.py")
    try:
        said, _ = client.communicate(timeout=2 * PATIENCE_S)
        finished = client.returncode
    finally:
        client.kill()
        worker.terminate()
        worker_said, _ = worker.communicate(timeout=PATIENCE_S)
    assert finished == 0, said + worker_said
    assert worker.returncode == 0, worker_said
