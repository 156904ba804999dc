"""one_file.py SCHEMA INSTANCE [FOLDER]: the shortest script with `jsonschema` that validates a
file, formats asserted; exits 1 when it is not valid."""

import json
import pathlib
import sys

import python_peer

schema, instance, *folder = sys.argv[1:]
others = [json.loads(path.read_text()) for path in pathlib.Path(folder[0]).iterdir()] if folder else []
validator = python_peer.jsonschema_validator(json.loads(pathlib.Path(schema).read_text()), others)
sys.exit(not validator.is_valid(json.loads(pathlib.Path(instance).read_text())))
