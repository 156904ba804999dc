"""The tables, and each bar with what was measured."""

import runs

# Mode -> title, the figure that ratios are made of, columns.
TABLES = {
    "pair": (
        "1 publisher, 1 consumer",
        "events_per_s",
        {
            "events_per_s": "events/s",
            "broker_cpu_us_per_event": "broker µs",
            "client_cpu_us_per_event": "client µs",
        },
    ),
    "publisher": (
        "1 publisher alone",
        "events_per_s",
        {
            "events_per_s": "events/s",
            "broker_cpu_us_per_event": "broker µs",
            "client_cpu_us_per_event": "client µs",
        },
    ),
    "fanout": (
        f"1 publisher, {runs.FANOUT_QUEUES} queues",
        "deliveries_per_s",
        {
            "deliveries_per_s": "deliveries/s",
            "events_per_s": "events/s",
            "broker_cpu_us_per_event": "broker µs",
            "client_cpu_us_per_event": "client µs",
        },
    ),
    "latency": (
        "publish to receive, µs",
        "p50_us at 1000",
        {
            "p50_us at 1000": "1000/s: p50",
            "p99_us at 1000": "p99",
            "p999_us at 1000": "p99.9",
            "p50_us at 5000": "5000/s: p50",
            "p99_us at 5000": "p99",
            "p999_us at 5000": "p99.9",
        },
    ),
    "confirm": (
        "confirmed one at a time",
        "events_per_s",
        {
            "events_per_s": "events/s",
            "p50_us": "p50 µs",
            "p99_us": "p99 µs",
            "append_syncs_per_s": "appends and fdatasync, /s",
            "overwrite_syncs_per_s": "the same, overwriting",
        },
    ),
    "backlog": (
        f"{runs.BACKLOG_EVENTS} events held",
        "drained_per_s",
        {
            "resident_mib": "resident MiB",
            "filled_per_s": "filled, events/s",
            "drained_per_s": "drained, events/s",
        },
    ),
    "idle": (
        "at rest",
        "resident_mib",
        {
            "ready_ms": "ready, ms",
            "resident_mib": "resident MiB",
            "connected_mib": f"with {runs.IDLE_CONNECTIONS} connections, MiB",
        },
    ),
    "topology": (
        f"{runs.TOPOLOGY_QUEUES} queues, {runs.TOPOLOGY_QUEUES * runs.TOPOLOGY_BINDINGS} bindings",
        "many_us",
        {
            "few_us": "µs a publish, 5 queues",
            "many_us": "µs a publish, all",
            "declared_s": "declared in s",
        },
    ),
    "recovery": (
        f"{runs.RECOVERY_EVENTS} events held, and killed",
        "recovered_ms",
        {
            "disk_mib": "on disk, MiB",
            "recovered_ms": "ready again, ms",
            "recovered_mib": "resident MiB then",
        },
    ),
    "validation": (
        "voice events, published",
        "strict_per_s",
        {
            "off_per_s": "off, events/s",
            "strict_per_s": "strict, events/s",
            "rate_ratio": "strict ÷ off",
            "off_cpu_us": "off, broker µs",
            "strict_cpu_us": "strict, broker µs",
            "check_cpu_us": "the check, µs",
        },
    ),
}


def number(value):
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def print_table(mode, table):
    title, main, columns = TABLES[mode]
    base = table.get("bb", {}).get(main)
    print(f"| {title} | {' | '.join(columns.values())} | ÷ bb |")
    print(f"| --- |{' --: |' * (len(columns) + 1)}")
    for peer, row in table.items():
        cells = [number(row[key]) if key in row else "failed" for key in columns]
        ratio = f"{row[main] / base:.2f}" if base and main in row else ""
        print(f"| {peer} | {' | '.join(cells)} | {ratio} |")
    print()


def print_limits(row):
    print("| the machine, and the client without a broker | |")
    print("| --- | --: |")
    for key, name in {
        "append_syncs_per_s": "fdatasync after each 600 bytes appended, /s",
        "overwrite_syncs_per_s": "the same, overwriting a file that is there, /s",
        "loopback_mb_per_s": "one stream over loopback, MB/s",
        "tcp_round_trip_us": "600 bytes to the other core and back over TCP, µs",
        "unix_round_trip_us": "a byte there and back, UNIX socket, µs",
        "published_per_s AMQP": "client publishes into a sink, AMQP, events/s",
        "received_per_s AMQP": "client receives from a source, AMQP, events/s",
        "published_per_s NATS": "client publishes into a sink, NATS, events/s",
        "received_per_s NATS": "client receives from a source, NATS, events/s",
    }.items():
        print(f"| {name} | {number(row[key])} |")
    print()


def best(table, prefix, key, choose=max):
    """Among the peers whose name begins so; None when none was measured."""
    values = [row[key] for peer, row in table.items() if peer.startswith(prefix) and key in row]
    return choose(values) if values else None


def at_least(name, ours, factor, theirs):
    return ratio_bar(f"at least {factor} × {name}", ours, theirs, lambda ratio: ratio >= factor)


def at_most(name, ours, factor, theirs):
    return ratio_bar(f"at most {factor} × {name}", ours, theirs, lambda ratio: ratio <= factor)


def ratio_bar(text, ours, theirs, holds):
    if ours is None or theirs is None:
        return f"{text}: not measured"
    ratio = ours / theirs
    verdict = "met" if holds(ratio) else "MISSED"
    return f"{text}: {ratio:.2f} ({number(ours)} to {number(theirs)}), {verdict}"


def limit_bar(text, ours, limit):
    if ours is None:
        return f"{text}, at most {limit}: not measured"
    return f"{text}, at most {limit}: {number(ours)}, {'met' if ours <= limit else 'MISSED'}"


def bars(mode, table):
    ours = table.get("bb", {}).get
    nats = table.get("jetstream", {}).get
    if mode == "pair":
        rabbit = best(table, "rabbitmq", "events_per_s")
        yield at_least("RabbitMQ's best", ours("events_per_s"), 6, rabbit)
        yield at_least("JetStream", ours("events_per_s"), 2, nats("events_per_s"))
    elif mode == "publisher":
        yield at_least("JetStream", ours("events_per_s"), 1.5, nats("events_per_s"))
    elif mode == "fanout":
        rabbit = best(table, "rabbitmq", "deliveries_per_s")
        yield at_least("RabbitMQ's best", ours("deliveries_per_s"), 10, rabbit)
        yield at_least("JetStream", ours("deliveries_per_s"), 1, nats("deliveries_per_s"))
    elif mode == "latency":
        for key, factor in {
            "p50_us at 1000": 0.55,
            "p99_us at 1000": 0.25,
            "p99_us at 5000": 0.25,
        }.items():
            rabbit = best(table, "rabbitmq", key, min)
            yield at_most(f"RabbitMQ's best {key}/s", ours(key), factor, rabbit)
    elif mode == "confirm":
        for key, name in {
            "append_syncs_per_s": "fdatasync after an append",
            "overwrite_syncs_per_s": "fdatasync after overwriting",
        }.items():
            yield at_least(name, ours("events_per_s"), 0.8, ours(key))
    elif mode == "backlog":
        yield limit_bar("resident MiB", ours("resident_mib"), 64)
        rabbit = best(table, "rabbitmq", "drained_per_s")
        yield at_least("RabbitMQ's best, drained", ours("drained_per_s"), 5, rabbit)
        yield at_least("JetStream, drained", ours("drained_per_s"), 1, nats("drained_per_s"))
    elif mode == "idle":
        yield limit_bar("resident MiB", ours("resident_mib"), 12)
        yield limit_bar("ms from its start until it answers", ours("ready_ms"), 15)
        text = f"MiB with {runs.IDLE_CONNECTIONS} connections"
        yield limit_bar(text, ours("connected_mib"), 200)
    elif mode == "recovery":
        yield limit_bar("ms from its start until it answers", ours("recovered_ms"), 3000)
    elif mode == "topology":
        yield at_most("the cost with a handful", ours("many_us"), 1.5, ours("few_us"))


def print_bars(mode, table):
    for bar in bars(mode, table):
        print(f"bar: {bar}")
    print()
