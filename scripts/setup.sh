# Shared by run.sh, test.sh and bench/run.sh: what has to be installed, and how to build.
# Source it from the root of the repository; it needs bash and nothing else.

# The libraries for tests and benchmarks are here because CMake looks for
# them whenever it configures.
BUILD_PACKAGES=(
  g++ cmake ninja-build ccache pkg-config git ca-certificates
  libboost1.81-dev libboost-url1.81-dev libsimdjson-dev libfmt-dev libspdlog-dev
  libcli11-dev libidn2-dev libunistring-dev libpcre2-dev libssl-dev libsqlite3-dev libhiredis-dev libgtest-dev libgmock-dev libbenchmark-dev
  librabbitmq-dev
)
TEST_PACKAGES=(amqp-tools rabbitmq-server redis-server clang-format-19 zsh fish)
TIDY_PACKAGES=(clang-tidy-19)
FUZZ_PACKAGES=(clang-19 libclang-rt-19-dev)

# Progress and errors go to stderr: stdout belongs to the program that is run.
say() { printf '%s\n' "$*" >&2; }
die() {
  say "error: $*"
  exit 1
}

# interpreter_packages: prints the packages that would bring a Python, a Node and a
# Go that the tests can use, or nothing when such are on PATH already, from wherever.
interpreter_packages() {
  if ! python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 9))' 2>/dev/null; then
    printf '%s\n' python3 python3-venv
  fi
  if ! command -v npm >/dev/null ||
    ! node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' 2>/dev/null; then
    printf '%s\n' nodejs npm
  fi
  command -v go >/dev/null || printf '%s\n' golang-go
}

# missing_packages NAME...: prints those that are not installed.
missing_packages() {
  local installed
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
  local name
  for name in "$@"; do
    [[ $'\n'"$installed"$'\n' == *$'\n'"installed $name"$'\n'* ]] || printf '%s\n' "$name"
  done
}

# ensure_packages NAME...: installs what is missing; touches nothing otherwise.
ensure_packages() {
  if ! command -v dpkg-query >/dev/null; then
    say "note: not a Debian-like system, so nothing is installed; the build needs what these hold: $*"
    return
  fi
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [[ ${#missing[@]} -gt 0 ]] || return 0

  local as_root=()
  if [[ $(id -u) -ne 0 ]]; then
    as_root=(sudo)
    # -n first: without a terminal nobody could type a password.
    if ! command -v sudo >/dev/null || ! { sudo -n true 2>/dev/null || { [[ -t 2 ]] && sudo -v; }; }; then
      die "these packages are missing and neither root nor sudo is at hand; install them, then run this again:
  apt-get install --no-install-recommends ${missing[*]}"
    fi
    # sudo drops these, and apt-get may need them to reach its mirror.
    local name
    as_root+=(env)
    for name in http_proxy https_proxy no_proxy; do
      [[ -z ${!name:-} ]] || as_root+=("$name=${!name}")
    done
  fi
  say "installing: ${missing[*]}"
  "${as_root[@]}" bash scripts/install_packages.sh "${missing[@]}" >&2 ||
    die "apt-get could not install: ${missing[*]}"
}

# build_jobs: one per processor, fewer when memory is short (g++ takes up to
# about 1.5 GB for the Asio sources).
build_jobs() {
  local jobs memory_kb
  jobs=$(nproc)
  memory_kb=$(awk '/^MemAvailable:/ {print $2}' /proc/meminfo)
  local cgroup_limit=/sys/fs/cgroup/memory.max
  if [[ -r $cgroup_limit ]]; then
    local limit
    limit=$(<"$cgroup_limit")
    [[ $limit == max ]] || ((limit / 1024 >= memory_kb)) || memory_kb=$((limit / 1024))
  fi
  local affordable=$((memory_kb / 1500000))
  ((affordable >= jobs)) || jobs=$affordable
  ((jobs >= 1)) || jobs=1
  printf '%s\n' "$jobs"
}

# ensure_home: gives ccache, pip and npm a home for their caches where the user
# has none, as in a container that runs under a bare user id.
ensure_home() {
  [[ -w ${HOME:-/nonexistent} ]] && return
  export HOME=$PWD/build/home
  mkdir -p "$HOME"
}

# configure PRESET: only when needed. Ninja configures again by itself after a
# change to a CMakeLists.txt, but knows nothing of the presets.
configure() {
  local ninja_file=build/$1/build.ninja
  if [[ ! -f $ninja_file || CMakePresets.json -nt $ninja_file ]]; then
    cmake --preset "$1" >&2
    touch "$ninja_file"
  fi
}

# build PRESET [TARGET...]: configures and builds, one caller at a time.
build() {
  local preset=$1
  shift
  mkdir -p build
  (
    flock 9
    ensure_home
    # One clone's objects serve another's: paths below the root do not count.
    export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
    # What ccache asks for before it keeps what was compiled with a precompiled header.
    export CCACHE_SLOPPINESS=pch_defines,time_macros
    configure "$preset"
    local targets=()
    [[ $# -eq 0 ]] || targets=(--target "$@")
    cmake --build --preset "$preset" -j "${CMAKE_BUILD_PARALLEL_LEVEL:-$(build_jobs)}" "${targets[@]}" >&2
  ) 9>"build/.$preset.lock"
}
