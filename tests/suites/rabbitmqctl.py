#!/usr/bin/env python3
"""The commands of rabbitmqctl that client suites run, for a `bb serve`.

Suites call rabbitmqctl to close a connection behind a client's back, to make users or to
restart the broker. This does the same over the management API of BB_SUITE_HTTP_URL, and
for a restart with the server whose directory and command are in BB_SUITE_SERVER:

  rabbitmqctl.py [-n NODE] [-q] [-p VHOST] COMMAND [ARGUMENT...]

A command that a `bb serve` has nothing for ends with the exit code 64, as rabbitmqctl
does for one that it does not know; `COMMAND --help` tells which it is.
"""

import json
import os
import pathlib
import sys
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

import service  # noqa: E402

USAGE = 64
NO_SUCH_THING = 65


def api(method, *path, body=None, headers=None):
    """One call; `path` is escaped word by word."""
    base = urllib.parse.urlsplit(os.environ["BB_SUITE_HTTP_URL"].strip())
    address = f"{base.scheme}://{base.hostname}:{base.port}/api/"
    passwords = urllib.request.HTTPPasswordMgrWithPriorAuth()
    passwords.add_password(None, address, base.username, base.password, is_authenticated=True)
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPBasicAuthHandler(passwords)
    )
    request = urllib.request.Request(
        address + "/".join(urllib.parse.quote(word, safe="") for word in path),
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json", **(headers or {})},
    )
    try:
        with opener.open(request, timeout=30) as answer:
            text = answer.read()
    except urllib.error.HTTPError as problem:
        problem.close()
        if problem.code == 404:
            sys.exit(NO_SUCH_THING)
        sys.exit(f"rabbitmqctl.py: {method} {request.full_url}: {problem}")
    return json.loads(text) if text else None


def erlang_string(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def client_properties(connection):
    """As RabbitMQ prints them: a list of pairs."""
    pairs = connection.get("client_properties", {}).items()
    texts = (f"{{{erlang_string(name)},{erlang_string(str(value))}}}" for name, value in pairs)
    return "[" + ",".join(texts) + "]"


COLUMNS = {
    # What close_connection takes: RabbitMQ's process, here the connection's name.
    "pid": lambda connection: connection["name"],
    "name": lambda connection: connection["name"],
    "user": lambda connection: connection["user"],
    "vhost": lambda connection: connection["vhost"],
    "peer_host": lambda connection: connection["peer_host"],
    "peer_port": lambda connection: connection["peer_port"],
    "client_properties": client_properties,
}


def list_connections(options, *columns):
    columns = columns or ("user", "peer_host", "peer_port")
    for connection in api("GET", "connections"):
        print(*(COLUMNS[column](connection) for column in columns), sep="\t")


def close_connection(options, name, reason):
    api("DELETE", "connections", name, headers={"X-Reason": reason})


def close_all_connections(options, reason):
    for connection in api("GET", "connections"):
        close_connection(options, connection["name"], reason)


def delete_queue(options, name):
    api("DELETE", "queues", options["-p"], name)


def add_user(options, name, password):
    api("PUT", "users", name, body={"password": password, "tags": ""})


def delete_user(options, name):
    api("DELETE", "users", name)


def set_user_tags(options, name, *tags):
    user = api("GET", "users", name)
    body = {key: user[key] for key in ("password_hash", "hashing_algorithm")}
    api("PUT", "users", name, body={**body, "tags": ",".join(tags)})


def set_permissions(options, user, configure, write, read):
    body = {"configure": configure, "write": write, "read": read}
    api("PUT", "permissions", options["-p"], user, body=body)


def clear_permissions(options, user):
    api("DELETE", "permissions", options["-p"], user)


def add_vhost(options, name):
    api("PUT", "vhosts", name)


def delete_vhost(options, name):
    api("DELETE", "vhosts", name)


def server():
    """BB_SUITE_SERVER names a file: the server's directory, its owner's process id, its
    command."""
    told = json.loads(pathlib.Path(os.environ["BB_SUITE_SERVER"]).read_text())
    return pathlib.Path(told["directory"]), told["owner"], told["command"]


def stop_app(options):
    directory, _, _ = server()
    code = service.stop(directory)
    if code != 0:
        sys.exit(f"rabbitmqctl.py: the exit code was {code}, not 0:\n{service.log_tail(directory)}")


def start_app(options):
    directory, owner, command = server()
    service.start(directory, command, owner_pid=owner)
    service.wait_until(
        directory,
        lambda: "http://" in (directory / "log").read_text(errors="replace"),
        "has no management API",
    )


COMMANDS = {
    command.__name__: command
    for command in (
        list_connections,
        close_connection,
        close_all_connections,
        delete_queue,
        add_user,
        delete_user,
        set_user_tags,
        set_permissions,
        clear_permissions,
        add_vhost,
        delete_vhost,
        stop_app,
        start_app,
    )
}


def main(words):
    options = {"-n": None, "-p": "/"}
    rest = []
    words = iter(words)
    for word in words:
        if word in options:
            options[word] = next(words)
        elif word not in ("-q", "--quiet", "--silent"):
            rest.append(word)
    if not rest or rest[0] not in COMMANDS:
        print(f"rabbitmqctl.py: not for a bb serve: {' '.join(rest)}", file=sys.stderr)
        sys.exit(USAGE)
    if "--help" in rest:
        print(__doc__)
        return
    COMMANDS[rest[0]](options, *rest[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
