#!/usr/bin/env bash
# python_env.sh DIRECTORY [REQUIREMENTS]: a Python environment there with the packages
# of that file (by default requirements.txt); made anew only when it or the Python changed.
set -euo pipefail

directory=$1
requirements=${2:-$(dirname "${BASH_SOURCE[0]}")/requirements.txt}

# The first Python that can make an environment: Debian's needs python3-venv.
for python in python3 /usr/bin/python3; do
  if "$python" -c 'import venv, ensurepip' 2>/dev/null; then break; fi
done

stamp=$("$python" --version; cat "$requirements")
mkdir -p "$(dirname "$directory")"
exec 9>"$directory.lock"
flock 9
if [[ -f $directory/stamp && $(<"$directory/stamp") == "$stamp" ]]; then exit 0; fi

rm -rf "$directory"
"$python" -m venv "$directory"
# The list is complete, so nothing is resolved at install time.
"$directory/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$requirements"
printf '%s\n' "$stamp" >"$directory/stamp"
