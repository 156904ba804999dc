"""python_peer.py LIBRARY SCHEMA INSTANCE [FOLDER]: the time of `jsonschema` or `jsonschema_rs`
for one text (json.loads and validation, formats asserted) and for compiling the schema; prints
one JSON object, times in microseconds. FOLDER holds the schemas that SCHEMA refers to."""

import json
import pathlib
import statistics
import sys
import time

ROUNDS = 9
ROUND_US = 20_000


def microseconds(action):
    calls = 1
    while True:
        begin = time.perf_counter()
        for _ in range(calls):
            action()
        if (time.perf_counter() - begin) * 1e6 >= ROUND_US / 2:
            break
        calls *= 2
    rounds = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        for _ in range(calls):
            action()
        rounds.append((time.perf_counter() - begin) * 1e6 / calls)
    return statistics.median(rounds)


def jsonschema_validator(schema, others):
    import jsonschema
    import referencing

    registry = referencing.Registry().with_resources(
        (other["$id"], referencing.Resource.from_contents(other)) for other in others
    )
    kind = jsonschema.Draft202012Validator
    return kind(schema, registry=registry, format_checker=kind.FORMAT_CHECKER)


def jsonschema_rs_validator(schema, others):
    import jsonschema_rs

    registry = jsonschema_rs.Registry([(other["$id"], other) for other in others])
    return jsonschema_rs.Draft202012Validator(schema, registry=registry, validate_formats=True)


def main():
    library, schema_path, instance_path, *folder = sys.argv[1:]
    make = {"jsonschema": jsonschema_validator, "jsonschema_rs": jsonschema_rs_validator}[library]
    schema = json.loads(pathlib.Path(schema_path).read_text())
    paths = sorted(pathlib.Path(folder[0]).iterdir()) if folder else []
    others = [json.loads(path.read_text()) for path in paths]
    text = pathlib.Path(instance_path).read_text()
    begin = time.perf_counter()
    validator = make(schema, others)
    compile_us = (time.perf_counter() - begin) * 1e6
    if not validator.is_valid(json.loads(text)):
        sys.exit("not valid")
    validate_us = microseconds(lambda: validator.is_valid(json.loads(text)))
    print(json.dumps({"compile_first_us": compile_us, "validate_us": validate_us}))


if __name__ == "__main__":
    main()
