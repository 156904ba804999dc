#!/usr/bin/env bash
# json_schema_suite.sh LINK PYTHON [SUITE]: makes LINK the folder of the official
# JSON-Schema-Test-Suite (its tests/ and remotes/). That is the first of:
#
#   SUITE, where it is given and not empty
#   $BB_JSON_SCHEMA_TEST_SUITE
#   ../shared/conformance/json-schema-test-suite, beside the repository
#   the copy in the source distribution of PyPI's `jsonschema`, which PYTHON's pip
#   downloads (it is never installed) and which is kept beside LINK
set -euo pipefail

link=$1
python=$2
suite=${3:-${BB_JSON_SCHEMA_TEST_SUITE:-}}
support=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
beside=$support/../../../shared/conformance/json-schema-test-suite
requirement=$support/json_schema_suite.txt

mkdir -p "$(dirname "$link")"
exec 9>"$link.lock"
flock 9

# download DIRECTORY: only when the pinned version changed.
download() {
  local stamp
  stamp=$(<"$requirement")
  if [[ -f $1/stamp && $(<"$1/stamp") == "$stamp" ]]; then return; fi
  rm -rf "$1"
  mkdir -p "$1"
  "$python" -m pip download --quiet --disable-pip-version-check --no-deps --no-binary jsonschema \
    --require-hashes --requirement "$requirement" --dest "$1"
  tar -xzf "$1"/jsonschema-*.tar.gz -C "$1" --strip-components=2 --wildcards 'jsonschema-*/json'
  printf '%s\n' "$stamp" >"$1/stamp"
}

if [[ -z $suite && -d $beside/tests ]]; then suite=$beside; fi
if [[ -z $suite ]]; then
  download "$link.sdist"
  suite=$link.sdist
fi
if [[ ! -d $suite/tests || ! -d $suite/remotes ]]; then
  echo "$suite is not the JSON-Schema-Test-Suite: it has no tests/ and remotes/" >&2
  exit 1
fi
ln -sfn "$(cd "$suite" && pwd)" "$link"
echo "$(readlink "$link")"
