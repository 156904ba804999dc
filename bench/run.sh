#!/usr/bin/env bash
# ./bench/run.sh NAME [OPTION...]: sets up, builds release, runs one comparison with
# its peers on this machine. bench/README.md lists them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/setup.sh

usage() {
  sed -n '/^| name/,/^$/p' bench/README.md >&2
  die "usage: ./bench/run.sh NAME [OPTION...]"
}

# What the comparison needs. The packages are those of the tests, unless it has peers
# of its own.
targets=(bb)
arguments=(--bb build/release/bb)
python=build/tools/python
node=build/tools/node
peers=()
case ${1:-} in
  publish-process | webhooks) ;;
  broker)
    targets+=(broker_bench)
    arguments+=(--client build/release/bench/broker_bench)
    peers+=(nats-server)
    ;;
  client)
    targets+=(client_bench)
    arguments+=(--client build/release/bench/client_bench)
    ;;
  correlation)
    targets+=(correlation_bench)
    arguments+=(--bench build/release/bench/correlation_bench)
    ;;
  soak)
    targets+=(broker_bench)
    arguments+=(--client build/release/bench/broker_bench)
    ;;
  validate)
    targets+=(validate_bench)
    arguments+=(--bench build/release/bench/validate_bench)
    python=build/tools/bench-python
    node=build/tools/bench-node
    ;;
  *) usage ;;
esac

ensure_home
mapfile -t interpreters < <(interpreter_packages)
ensure_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}" "${interpreters[@]}" "${peers[@]}"
build release "${targets[@]}"
case $1 in
  publish-process | client)
    tests/support/python_env.sh "$python" >&2
    tests/support/node_modules.sh "$node" >&2
    ;;
  broker | soak | webhooks | correlation) tests/support/python_env.sh "$python" >&2 ;;
  validate)
    tests/support/python_env.sh "$python" bench/requirements.txt >&2
    tests/support/node_modules.sh "$node" bench/node >&2
    ;;
esac

export PYTHONPATH=$PWD/tests/support
export NODE_PATH=$PWD/$node/node_modules
exec "$python/bin/python" -B "bench/${1//-/_}.py" "${arguments[@]}" "${@:2}"
