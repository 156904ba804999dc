"""An installed libbloodbank, by find_package() and by pkg-config, and its examples against a broker."""

import json
import os
import pathlib
import shutil
import subprocess
import time

import pytest

from bb_pytest import PATIENCE_S

BUILD = pathlib.Path(os.environ["BB_BUILD"])
SOURCE = pathlib.Path(os.environ["BB_SOURCE"])


def run(*command, **options):
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, timeout=600, **options
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """Where it is installed."""
    folder = tmp_path_factory.mktemp("prefix")
    run("cmake", "--install", BUILD, "--prefix", folder)
    return folder


@pytest.fixture(scope="module")
def examples(prefix, tmp_path_factory):
    """The examples, built outside of this project."""
    folder = tmp_path_factory.mktemp("examples")
    shutil.copytree(SOURCE / "examples" / "cpp", folder / "source")
    configure = ["cmake", "-G", "Ninja", "-S", folder / "source", "-B", folder / "build"]
    run(*configure, f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_CXX_COMPILER=g++")
    run("cmake", "--build", folder / "build")
    return folder / "build"


@pytest.fixture
def environment(broker, unique, channel):
    exchange = unique("events")
    channel.exchange_declare(exchange, "topic", durable=True)
    yield {"PATH": os.environ["PATH"], "RABBIT_URL": broker.url, "EXCHANGE_NAME": exchange}
    for service in ("greeter", "coroutines"):
        for suffix in ("", ".dlq", *(f".retry.{200 * 5**n}" for n in range(4))):
            channel.queue_delete(f"{exchange}.{service}{suffix}")
        for suffix in (f".retry.{1000 * 5**n}" for n in range(4)):
            channel.queue_delete(f"{exchange}.{service}{suffix}")
    channel.exchange_delete(exchange)


def test_the_installed_program_runs(prefix):
    assert run(prefix / "bin" / "bb", "version").startswith("bb ")


def test_publishes_an_event(examples, environment, channel):
    queue = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(queue, environment["EXCHANGE_NAME"], "#")
    said = run(examples / "publish", "llm.prompt", '{"prompt": "hello"}', env=environment)
    method, properties, body = channel.basic_get(queue, auto_ack=True)
    assert method.routing_key == "llm.prompt" and properties.message_id == said.strip()
    assert properties.content_type == "application/json" and properties.delivery_mode == 2
    assert json.loads(body)["payload"] == {"prompt": "hello"}


def test_what_no_queue_receives_is_an_error(examples, environment):
    command = [examples / "publish", "llm.prompt", "{}"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "'llm.prompt'" in done.stderr


def test_a_service_retries_and_greets(examples, environment, channel):
    exchange = environment["EXCHANGE_NAME"]
    greeter = subprocess.Popen(
        [examples / "greeter", "2"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    queue = f"{exchange}.greeter"
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        probe = channel.connection.channel()
        try:
            if probe.queue_declare(queue, passive=True).method.consumer_count:
                break
        except Exception:
            time.sleep(0.05)
    for _ in range(2):
        run(examples / "publish", "llm.prompt", "{}", env=environment)
    out, err = greeter.communicate(timeout=PATIENCE_S)
    assert greeter.returncode == 0, err
    assert [line.rsplit(",", 1)[1] for line in out.splitlines()] == [" attempt 2"] * 2
    assert "not awake yet" in err


def test_coroutines(examples, environment):
    said = run(examples / "coroutines", env=environment)
    assert sorted(said.splitlines()) == [f'handled {{"n":{n}}}' for n in range(10)]


def test_checks_a_payload(examples, tmp_path):
    schema = tmp_path / "schema.json"
    schema.write_text('{"type": "object", "required": ["n"]}')
    assert run(examples / "check_schema", schema, '{"n": 1}') == "valid\n"
    refused = subprocess.run([examples / "check_schema", schema, "{}"], timeout=60)
    assert refused.returncode == 1


def test_pkg_config_has_all_that_a_compiler_needs(prefix, tmp_path):
    found = next(prefix.rglob("bloodbank.pc"))
    environment = {**os.environ, "PKG_CONFIG_PATH": str(found.parent)}
    flags = run("pkg-config", "--cflags", "--libs", "bloodbank", env=environment).split()
    program = tmp_path / "publish"
    run("g++", "-std=c++23", SOURCE / "examples" / "cpp" / "publish.cc", *flags, "-o", program)
    assert subprocess.run([program], timeout=60).returncode == 2
