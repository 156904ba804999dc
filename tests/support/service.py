"""Servers for tests: started by one process, stopped by another, never left behind.

CTest runs the set-up and the clean-up of a fixture as two commands, so a small
keeper process sits between them and the server. It records the server's exit
code, and it stops the server by itself when the process that asked for it (CTest,
or a shell) is gone, so that an interrupted test run leaves nothing running.

A service has a directory, with these files in it:
  pid        "<pid> <start time>" of the server, while it runs and after
  exit_code  there once the server has ended
  log        what the server wrote to stdout and stderr
"""

import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import time

POLL_S = 0.05
STOP_TIMEOUT_S = 30


class ServiceError(Exception):
    pass


def free_ports(count):
    """Loopback ports that nothing listens on, below the range that the kernel
    hands out to outgoing connections, so that none is taken before it is used."""
    held = []
    try:
        for port in random.sample(range(15000, 32000), 500):
            probe = socket.socket()
            held.append(probe)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                held.pop().close()
            if len(held) == count:
                return [probe.getsockname()[1] for probe in held]
    finally:
        for probe in held:
            probe.close()
    raise ServiceError(f"no {count} free ports on 127.0.0.1")


def start_time(pid):
    """When the process started, in clock ticks; None when it has ended. With the
    pid, it names a process for good: the kernel uses a pid again."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[19]


def write_whole(path, text):
    """A reader sees all of the text or no file."""
    partial = path.with_suffix(".partial")
    partial.write_text(text)
    partial.rename(path)


def exit_code(directory):
    """The server's exit code, or None while it runs."""
    try:
        return int((pathlib.Path(directory) / "exit_code").read_text())
    except FileNotFoundError:
        return None


def log_tail(directory, lines=40):
    try:
        text = (pathlib.Path(directory) / "log").read_text(errors="replace")
    except FileNotFoundError:
        return "(no log)"
    return "\n".join(text.splitlines()[-lines:])


def start(directory, command, env=None, owner_pid=None):
    """Runs the command as the service of that directory. It is stopped when the
    process owner_pid ends (by default, the parent of this process)."""
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    stop(directory)
    for name in ("pid", "exit_code", "log"):
        (directory / name).unlink(missing_ok=True)
    owner = owner_pid or os.getppid()
    keeper = [sys.executable, __file__, str(directory), str(owner), *map(str, command)]
    subprocess.Popen(
        keeper,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_until(directory, lambda: (directory / "pid").exists(), "has not started")


def wait_until(directory, ready, complaint, timeout_s=60):
    """Waits for ready() to return something, and returns that."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        result = ready()
        if result:
            return result
        if exit_code(directory) is not None:
            complaint = f"ended with exit code {exit_code(directory)}"
            break
        time.sleep(POLL_S)
    raise ServiceError(f"the server {complaint}; the end of its log:\n{log_tail(directory)}")


def stop(directory, timeout_s=STOP_TIMEOUT_S):
    """SIGTERM, then the exit code; None when nothing was running."""
    directory = pathlib.Path(directory)
    if exit_code(directory) is not None:
        return exit_code(directory)
    try:
        pid, started = (directory / "pid").read_text().split()
    except FileNotFoundError:
        return None
    if start_time(pid) != started:
        return None
    os.kill(int(pid), signal.SIGTERM)
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if exit_code(directory) is not None:
            return exit_code(directory)
        time.sleep(POLL_S)
    os.killpg(int(pid), signal.SIGKILL)
    raise ServiceError(f"the server ignored SIGTERM; the end of its log:\n{log_tail(directory)}")


def keep(directory, owner_pid, command):
    """The keeper's whole life."""
    owner_started = start_time(owner_pid)
    with open(directory / "log", "wb") as log:
        try:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            log.write(str(error).encode())
            write_whole(directory / "exit_code", "127")
            return
    write_whole(directory / "pid", f"{child.pid} {start_time(child.pid) or 0}")
    while child.poll() is None and start_time(owner_pid) == owner_started:
        time.sleep(POLL_S)
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
    write_whole(directory / "exit_code", str(child.wait()))


if __name__ == "__main__":
    keep(pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
