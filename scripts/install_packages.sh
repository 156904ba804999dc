#!/usr/bin/env bash
# install_packages.sh PACKAGE...: apt-get, without questions, as root.
#
# Debian starts a service as soon as it is installed. The tests run their own
# RabbitMQ and the benchmarks their own NATS, so this installation starts none, and
# does not enable them for the next boot; services that were there before are left
# as they are.
set -euo pipefail

policy=/usr/sbin/policy-rc.d
saved=$policy.before-bloodbank
wrote_policy=0

restore_policy() {
  [[ $wrote_policy -eq 1 ]] || return 0
  rm -f "$policy"
  [[ ! -e $saved ]] || mv "$saved" "$policy"
}
trap restore_policy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Debian's hook for this (invoke-rc.d(8)): 101 forbids the action, 0 allows it.
deny_service_start() {
  # Whatever forbids it already (most container images do) stays in charge.
  if [[ -x $policy ]] && ! "$policy" "${units[0]%.service}" start >/dev/null 2>&1; then
    return
  fi
  [[ ! -e $policy ]] || mv "$policy" "$saved"
  wrote_policy=1
  # An upgrade asks for "restart", which goes ahead; "(start)" is a start that the
  # runlevel does not call for.
  cat >"$policy" <<'POLICY'
#!/bin/sh
case "$2" in
  start | "(start)") exit 101 ;;
esac
exit 0
POLICY
  chmod 755 "$policy"
}

disable_at_boot() {
  command -v systemctl >/dev/null || return 0
  systemctl disable --quiet "${units[@]}" 2>/dev/null || true
}

export DEBIAN_FRONTEND=noninteractive
apt=(apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)
units=()
for name in "$@"; do
  case $name in
    rabbitmq-server) units+=(rabbitmq-server.service epmd.service epmd.socket) ;;
    nats-server) units+=(nats-server.service) ;;
  esac
done

[[ ${#units[@]} -eq 0 ]] || deny_service_start
"${apt[@]}" update
"${apt[@]}" install --yes --no-install-recommends "$@"
[[ ${#units[@]} -eq 0 ]] || disable_at_boot
