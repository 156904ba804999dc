"""The broker beside RabbitMQ and NATS JetStream: 600-byte persistent events, confirms, window
1000, manual acks in batches, one client program for all.

The brokers run one at a time, with their data on disk. Interleaved, so that whatever else the
machine does falls on all of them alike; the client checks that every event arrives, once and in
order.
"""

import argparse
import json
import os
import pathlib
import resource
import statistics
import sys
import tempfile

HERE = pathlib.Path(__file__).parent / "broker"
sys.path.insert(0, str(HERE))

import report  # noqa: E402
import runs  # noqa: E402
import servers  # noqa: E402
import service  # noqa: E402

MODES = ["pair", "publisher", "fanout", "latency", "confirm", "backlog", "idle", "topology"]
MODES += ["recovery", "validation"]


def peers_of(mode, options):
    if mode == "validation":
        return ["bb"]  # no other broker has it
    if mode in runs.AMQP_ONLY:
        # 100,000 bindings take other brokers minutes, and so may a gigabyte: only where asked for
        # by name.
        chosen = options.peers or ["bb"]
        return [peer for peer in chosen if peer != "jetstream"]
    chosen = options.peers or runs.DEFAULT_PEERS
    if mode in runs.WITHOUT_QUEUES:
        # The kind of queue makes no difference: one of each broker.
        return list({runs.PEERS[peer][0]: peer for peer in reversed(chosen)}.values())[::-1]
    return chosen


def one_run(bench, mode, peer, failures):
    """A row of figures; None when there is none, and why goes to `failures`."""
    try:
        return getattr(bench, mode)(peer)
    except (runs.RunError, servers.ServerError, service.ServiceError) as problem:
        bench.stop()
        failures.append(f"{mode}, {peer}: {problem}")
        print(f"  {mode}, {peer}: {problem}", file=sys.stderr)
        return None


def measure(bench, options):
    """Mode -> peer -> rows, the rows of the machine's limits, and what failed."""
    figures = {mode: {} for mode in options.modes}
    limits, failures = [], []
    for number in range(options.rounds):
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
        limits.append(bench.limits())
        for mode in options.modes:
            peers = peers_of(mode, options)
            # Another order each round, so that nobody always follows the same one.
            turn = number % max(1, len(peers))
            for peer in peers[turn:] + peers[:turn]:
                rows = figures[mode].setdefault(peer, [])
                row = one_run(bench, mode, peer, failures)
                if row is not None:
                    rows.append(row)
                    described = ", ".join(f"{key} {value:.6g}" for key, value in row.items())
                    print(f"  {mode}, {peer}: {described}", file=sys.stderr)
            bench.stop()
    for mode in options.modes:
        order = peers_of(mode, options)
        figures[mode] = {peer: figures[mode].get(peer, []) for peer in order}
    return figures, limits, failures


def medians(rows):
    return {key: statistics.median(row[key] for row in rows) for key in (rows[0] if rows else {})}


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--bb", required=True, help="the program")
    parser.add_argument("--client", required=True, help="the program broker_bench")
    parser.add_argument("--rounds", type=int, default=5, help="of each measurement (%(default)s)")
    parser.add_argument("--peers", help=f"separated by commas, of {', '.join(runs.PEERS)}")
    parser.add_argument("--quick", action="store_true", help="one short round: does it work?")
    parser.add_argument("--folder", default="build/bench", help="for data, on a disk (%(default)s)")
    parser.add_argument("--json", help="a file for every figure of every round")
    parser.add_argument("modes", nargs="*", help=f"of {', '.join(MODES)}")
    options = parser.parse_args()
    options.modes = options.modes or MODES
    options.peers = options.peers.split(",") if options.peers else None
    if options.quick:
        options.rounds = 1
    for mode in options.modes:
        if mode not in MODES:
            parser.error(f"no mode '{mode}': {', '.join(MODES)}")
    for peer in options.peers or []:
        if peer not in runs.PEERS:
            parser.error(f"no peer '{peer}': {', '.join(runs.PEERS)}")
    os.makedirs(options.folder, exist_ok=True)
    if not runs.is_on_disk(options.folder):
        parser.error(f"{options.folder} is not on a disk: choose another --folder")
    return options


def raise_descriptor_limit():
    """For thousands of connections; what is started here inherits it."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main():
    options = parse_options()
    raise_descriptor_limit()
    servers.BbServe.program = pathlib.Path(options.bb).absolute()
    with tempfile.TemporaryDirectory(prefix="broker-", dir=options.folder) as folder:
        bench = runs.Bench(pathlib.Path(options.client).absolute(), folder, options.quick)
        try:
            figures, limits, failures = measure(bench, options)
        finally:
            bench.stop()
    if options.json:
        everything = {"figures": figures, "limits": limits, "failures": failures}
        pathlib.Path(options.json).write_text(json.dumps(everything, indent=1))
    report.print_limits(medians(limits))
    for mode in options.modes:
        table = {peer: medians(rows) for peer, rows in figures[mode].items()}
        report.print_table(mode, table)
        report.print_bars(mode, table)
    for failure in failures:
        print(f"failed: {failure}")
    print("again: ./bench/run.sh broker", *options.modes)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
