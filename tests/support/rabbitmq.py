#!/usr/bin/env python3
"""A RabbitMQ of the tests' own.

  rabbitmq.py start DIRECTORY URL_FILE   starts it, waits until it accepts connections,
                                         writes its AMQP URL to URL_FILE, and that of its
                                         management plugin to URL_FILE.http
  rabbitmq.py stop DIRECTORY URL_FILE

It has its own node name, ports, Erlang port mapper, cookie, data and logs, all below
DIRECTORY and on loopback, so it meets no other RabbitMQ of the machine. It stops when
the process that started it ends. Runs as root and as any other user. A test that needs one with
other settings starts its own with start(), and asks it more with rabbitmqctl().
"""

import os
import pathlib
import shutil
import socket
import subprocess
import sys

import service

# Debian's rabbitmq-server on PATH is a wrapper that insists on the rabbitmq
# user and its directories; these are the scripts behind it.
SCRIPTS = pathlib.Path("/usr/lib/rabbitmq/bin")
# It takes five seconds, and over a minute on a machine that compiles.
START_TIMEOUT_S = 240


def server_script():
    script = SCRIPTS / "rabbitmq-server"
    found = str(script) if script.exists() else shutil.which("rabbitmq-server")
    if not found:
        raise service.ServiceError("rabbitmq-server is not installed")
    return found


def environment(directory, ports, settings, plugins):
    """The caller's environment, without its settings for another RabbitMQ."""
    amqp_port, http_port, distribution_port, epmd_port = ports
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("RABBITMQ_", "ERL_"))
    }
    for name in ("home", "logs", "data", "config"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    config = directory / "config"
    # RabbitMQ refuses publishes when the disk has less than 50 MB left; a test
    # machine may, and that is not what these tests are about.
    # Statistics are otherwise up to five seconds old.
    (config / "rabbitmq.conf").write_text(
        "disk_free_limit.absolute = 1MB\n"
        "collect_statistics_interval = 200\n"
        "management.tcp.ip = 127.0.0.1\n"
        f"management.tcp.port = {http_port}\n" + settings
    )
    (config / "rabbitmq-env.conf").write_text("")
    (config / "enabled_plugins").write_text(f"[{','.join(('rabbitmq_management', *plugins))}].\n")
    env.update(
        HOME=str(directory / "home"),
        LANG="C.UTF-8",
        ERL_EPMD_ADDRESS="127.0.0.1",
        ERL_EPMD_PORT=str(epmd_port),
        RABBITMQ_NODENAME=f"bloodbank-test-{amqp_port}@localhost",
        RABBITMQ_NODE_IP_ADDRESS="127.0.0.1",
        RABBITMQ_NODE_PORT=str(amqp_port),
        RABBITMQ_DIST_PORT=str(distribution_port),
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}",
        RABBITMQ_MNESIA_BASE=str(directory / "data"),
        RABBITMQ_LOG_BASE=str(directory / "logs"),
        RABBITMQ_LOGS="-",
        RABBITMQ_PID_FILE=str(directory / "beam.pid"),
        RABBITMQ_CONF_ENV_FILE=str(config / "rabbitmq-env.conf"),
        RABBITMQ_CONFIG_FILE=str(config / "rabbitmq.conf"),
        RABBITMQ_ENABLED_PLUGINS_FILE=str(config / "enabled_plugins"),
        RABBITMQ_GENERATED_CONFIG_DIR=str(config / "generated"),
    )
    return env


def accepts_amqp(port):
    """A protocol header is answered with a method frame: connection.start."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as peer:
            peer.sendall(b"AMQP\x00\x00\x09\x01")
            return peer.recv(1) == b"\x01"
    except OSError:
        return False


def accepts_tcp(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            return True
    except OSError:
        return False


def start(directory, url_file, owner_pid=None, settings="", plugins=()):
    """`settings`: lines of rabbitmq.conf. Gives what rabbitmqctl() needs."""
    stop(directory, url_file)
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    ports = service.free_ports(4)
    amqp_port, http_port, _, epmd_port = ports
    env = environment(directory, ports, settings, plugins)
    owner = owner_pid or os.getppid()

    # Started here rather than by Erlang, so that it is ours to stop.
    epmd = shutil.which("epmd") or "/usr/bin/epmd"
    command = [epmd, "-address", "127.0.0.1", "-port", epmd_port]
    service.start(directory / "epmd", command, env, owner)
    service.wait_until(directory / "epmd", lambda: accepts_tcp(epmd_port), "does not listen")

    try:
        service.start(directory / "server", [server_script()], env, owner)
        service.wait_until(
            directory / "server",
            lambda: accepts_amqp(amqp_port) and accepts_tcp(http_port),
            "does not accept connections",
            timeout_s=START_TIMEOUT_S,
        )
    except service.ServiceError:
        stop(directory, url_file)
        raise
    http_url = f"http://guest:guest@127.0.0.1:{http_port}\n"
    service.write_whole(http_url_file(url_file), http_url)
    # No slash at the end: to rabbitmq-c and amqplib that would name the vhost "".
    service.write_whole(url_file, f"amqp://guest:guest@127.0.0.1:{amqp_port}\n")
    return env


def rabbitmqctl(env, *arguments):
    """The output of a command to the RabbitMQ of that environment."""
    script = SCRIPTS / "rabbitmqctl"
    found = str(script) if script.exists() else shutil.which("rabbitmqctl")
    done = subprocess.run(
        [found, *arguments], env=env, capture_output=True, text=True, timeout=START_TIMEOUT_S
    )
    if done.returncode != 0:
        raise service.ServiceError(f"rabbitmqctl {arguments[0]}: {done.stdout}{done.stderr}")
    return done.stdout


def http_url_file(url_file):
    return url_file.with_name(url_file.name + ".http")


def stop(directory, url_file):
    http_url_file(url_file).unlink(missing_ok=True)
    url_file.unlink(missing_ok=True)
    service.stop(directory / "server")
    service.stop(directory / "epmd")


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in ("start", "stop"):
        sys.exit(__doc__)
    action = start if sys.argv[1] == "start" else stop
    try:
        action(pathlib.Path(sys.argv[2]).absolute(), pathlib.Path(sys.argv[3]).absolute())
    except service.ServiceError as problem:
        sys.exit(f"rabbitmq.py: {problem}")
