"""Whole processes: a file of events through each program, and one event."""

import json
import os
import pathlib
import sys
import time

import make_data
import peers

EVENT_WORDS = 4


def write_events(path, count):
    """`count` voice events, a line each, all different; kept between runs."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    with partial.open("w") as stream:
        for number in range(count):
            event = make_data.voice_event(number, EVENT_WORDS)
            stream.write(json.dumps(event, separators=(",", ":")) + "\n")
    partial.rename(path)


def run_process(command):
    """Seconds from starting the process to its end, and its peak of memory in MiB."""
    command = [str(word) for word in command]
    silent = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]
    begin = time.perf_counter()
    pid = os.posix_spawnp(command[0], command, os.environ, file_actions=silent)
    _, status, usage = os.wait4(pid, 0)
    elapsed = time.perf_counter() - begin
    if status != 0:
        sys.exit(f"failed with {os.waitstatus_to_exitcode(status)}: {' '.join(command)}")
    return elapsed, usage.ru_maxrss / 1024


def bb_command(bb, case, path, *options):
    mapping = ["--map", f"{peers.PREFIX}={peers.ROOT / 'schemas'}"] if case.folder else []
    return [bb, "validate", path, "--schema", case.schema, *mapping, *options]


def events_commands(bb, case, path):
    """Name -> command that validates every line of a file."""
    return {
        "bb validate --jsonl": bb_command(bb, case, path, "--jsonl"),
        "Blaze --fast": peers.blaze_command(case, path, "--fast"),
    }


def ajv_in_memory(case, path):
    """Seconds for lines that node has read and split already."""
    folder = [case.folder] if case.folder else []
    script = peers.HERE / "ajv_peer.js"
    measured = peers.run(["node", "--max-old-space-size=4096", script, case.schema, "--jsonl", path]
                         + folder)
    return json.loads(measured)["all_us"] / 1e6


def measure_events(bb, case, path, rounds):
    """Name -> [seconds], name -> [MiB]."""
    seconds, memory = {}, {}
    for _ in range(rounds):
        for name, command in events_commands(bb, case, path).items():
            elapsed, peak = run_process(command)
            seconds.setdefault(name, []).append(elapsed)
            memory.setdefault(name, []).append(peak)
        seconds.setdefault("ajv, in memory", []).append(ajv_in_memory(case, path))
    return seconds, memory


def one_file_commands(bb, case):
    """Name -> command that validates one file."""
    script = peers.HERE / "one_file.py"
    node_modules = pathlib.Path(os.environ["NODE_PATH"])
    references = ["-r", f"{case.folder}/*.json"] if case.folder else []
    ajv_cli = ["node", node_modules / "ajv-cli/dist/index.js", "validate", "--spec=draft2020"]
    ajv_cli += ["--strict=false", "-c", node_modules / "ajv-formats", "-s", case.schema]
    return {
        "bb validate": bb_command(bb, case, case.instance),
        "Blaze": peers.blaze_command(case, case.instance),
        "jsonschema": [sys.executable, script, *case.words()],
        "ajv-cli": [*ajv_cli, *references, "-d", case.instance],
    }


def measure_one_file(bb, case, rounds):
    """Name -> [ms]. One round more than asked for: the first warms the caches."""
    times = {}
    commands = one_file_commands(bb, case)
    names = list(commands)
    for number in range(rounds + 1):
        for name in names:
            elapsed, _ = run_process(commands[name])
            if number > 0:
                times.setdefault(name, []).append(elapsed * 1000)
        names.append(names.pop(0))
    return {name: times[name] for name in commands}
