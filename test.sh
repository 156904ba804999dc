#!/usr/bin/env bash
# Sets up, builds and runs the tests; see ./test.sh --help.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
source scripts/setup.sh

usage() {
  cat <<'HELP'
Usage: ./test.sh [MODE] [CTEST OPTION...]

Installs what is missing, builds, and runs the tests. The last lines are CTest's
own summary.

  ./test.sh                     every test, in the release build
  ./test.sh -R TopicExchange    tests whose name matches; -L unit by label; -N lists
                                (any option of ctest is passed on)
Modes:
  --debug                       the tests in the debug build
  --asan                        the tests under the address and undefined-behaviour sanitizers
  --tsan                        the tests under the thread sanitizer
  --fuzz DURATION [TARGET...]   each fuzz target, or those named, for that long
                                (90, 90s, 10m or 1h); findings go to build/fuzz/findings/
  --crash N [SEED]              kills a `bb serve` under load N times and holds it to its word
  --resilience [OPTION...]      the client library before brokers that are killed and connections that
                                are cut: 100,000 events and 20 kills with each kind of queue
  --sim DURATION                stories of a broker on a disk that fails, new ones each time, for that
                                long (10m of a night); tests/sim/README.md
  --suites [SUITE...]           the test suites of AMQP clients, against RabbitMQ and `bb serve`,
                                and what differs; tests/suites/README.md
  --tidy                        clang-tidy over the sources
  --help                        this text

CMAKE_BUILD_PARALLEL_LEVEL sets the number of compiler processes, CTEST_PARALLEL_LEVEL
the number of tests at a time (2).
HELP
}

# without_aslr COMMAND...: runs it without address randomisation where the
# system allows. Kernels of late randomise more bits than g++ 12's thread
# sanitizer can place its shadow memory around.
without_aslr() {
  if setarch "$(uname -m)" -R true 2>/dev/null; then
    setarch "$(uname -m)" -R "$@"
  else
    "$@"
  fi
}

run_tests() {
  local preset=$1
  shift
  ensure_home
  local interpreters
  mapfile -t interpreters < <(interpreter_packages)
  ensure_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}" "${interpreters[@]}"
  local ctest=(ctest --preset "$preset" --no-label-summary -j "${CTEST_PARALLEL_LEVEL:-2}" "$@")
  if [[ $preset == tsan ]]; then
    # The build runs the test programs too, to learn the names of their tests.
    export -f build configure build_jobs ensure_home
    without_aslr bash -euo pipefail -c 'build "$1"' bash "$preset"
    without_aslr "${ctest[@]}"
  else
    build "$preset"
    "${ctest[@]}"
  fi
}

seconds_of() {
  [[ $1 =~ ^([1-9][0-9]*)([smh]?)$ ]] || die "not a duration: '$1' (try 10m)"
  case ${BASH_REMATCH[2]} in
    m) echo $((BASH_REMATCH[1] * 60)) ;;
    h) echo $((BASH_REMATCH[1] * 3600)) ;;
    *) echo "${BASH_REMATCH[1]}" ;;
  esac
}

run_fuzz() {
  [[ $# -gt 0 ]] || die "--fuzz needs a duration, for example: ./test.sh --fuzz 10m"
  local seconds
  seconds=$(seconds_of "$1")
  shift
  ensure_packages "${BUILD_PACKAGES[@]}" "${FUZZ_PACKAGES[@]}"
  build fuzz fuzz/all

  local targets=("$@")
  if [[ ${#targets[@]} -eq 0 ]]; then
    mapfile -t targets < <(find build/fuzz/fuzz -maxdepth 1 -type f -name 'fuzz_*' -executable \
      -printf '%f\n' | sed 's/^fuzz_//' | sort)
  fi
  [[ ${#targets[@]} -gt 0 ]] || die "no fuzz target was built"

  local name
  for name in "${targets[@]}"; do
    local program=build/fuzz/fuzz/fuzz_${name#fuzz_}
    [[ -x $program ]] || die "no fuzz target '$name'"
    name=${name#fuzz_}
    # What the run learns is written to the first folder; the seeds stay as they are.
    mkdir -p "build/fuzz/corpus/$name" build/fuzz/findings
    local folders=("build/fuzz/corpus/$name")
    [[ ! -d fuzz/corpus/$name ]] || folders+=("fuzz/corpus/$name")
    # The words of the format that the target's name begins with.
    local dictionary=()
    [[ ! -f fuzz/${name%%_*}.dict ]] || dictionary=("-dict=fuzz/${name%%_*}.dict")
    say "fuzzing $name for $seconds s"
    "$program" -max_total_time="$seconds" -detect_leaks=1 -rss_limit_mb=1024 -malloc_limit_mb=64 \
      -timeout=10 -print_final_stats=1 "${dictionary[@]}" \
      -artifact_prefix="build/fuzz/findings/$name-" "${folders[@]}"
  done
}

run_crash() {
  [[ ${1:-} =~ ^[1-9][0-9]*$ ]] || die "--crash needs a number of kills, for example: ./test.sh --crash 100"
  ensure_home
  local interpreters
  mapfile -t interpreters < <(interpreter_packages)
  ensure_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}" "${interpreters[@]}"
  build release bb
  tests/support/python_env.sh build/tools/python >&2
  build/tools/python/bin/python -B tests/crash/crash_loop.py build/release/bb \
    --rounds "$1" --seed "${2:-1}"
}

run_resilience() {
  ensure_home
  local interpreters
  mapfile -t interpreters < <(interpreter_packages)
  ensure_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}" "${interpreters[@]}"
  build release bb resilience_agent
  tests/support/python_env.sh build/tools/python >&2
  local queue failed=0
  for queue in bb rabbitmq_classic rabbitmq_quorum; do
    PYTHONPATH=tests/support build/tools/python/bin/python -B tests/resilience/resilience.py "$queue" \
      --bb build/release/bb --agent build/release/tests/resilience/resilience_agent "$@" || failed=1
  done
  return "$failed"
}

run_sim() {
  [[ $# -eq 1 ]] || die "--sim needs a duration, for example: ./test.sh --sim 10m"
  local seconds
  seconds=$(seconds_of "$1")
  ensure_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
  build release broker_sim
  say "stories for $seconds s"
  build/release/tests/sim/broker_sim --time "${seconds}s"
}

run_suites() {
  ensure_home
  local interpreters
  mapfile -t interpreters < <(interpreter_packages)
  ensure_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}" "${interpreters[@]}"
  build release bb
  python3 -B tests/suites/run.py --bb build/release/bb --compare "$@"
}

run_tidy() {
  ensure_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}" "${TIDY_PACKAGES[@]}"
  configure debug  # it needs the compilers' commands, not what they make
  # The build is g++'s; clang does not know two of its warnings.
  run-clang-tidy-19 -quiet -p build/debug -j "$(build_jobs)" \
    -extra-arg=-Wno-unknown-warning-option "^$PWD/(src|tests|fuzz|bench)/"
}

case ${1:-} in
  --help | -h) usage ;;
  --debug | --asan | --tsan) run_tests "${1#--}" "${@:2}" ;;
  --fuzz) run_fuzz "${@:2}" ;;
  --resilience) run_resilience "${@:2}" ;;
  --sim) run_sim "${@:2}" ;;
  --crash) run_crash "${@:2}" ;;
  --suites) run_suites "${@:2}" ;;
  --tidy) run_tidy ;;
  *) run_tests release "$@" ;;
esac
