# shellcheck shell=bash
# Private mounts for one program (sourced by ./run).

# private_mounts SOURCE=TARGET...: sets in_namespace to the words that, put before a command, make it see SOURCE at TARGET,
# as the same user and with the same process id. Fails, with in_namespace empty, where the system does not allow that.
private_mounts() {
  local pair script=:
  for pair in "$@"; do script+=" && mount --bind '${pair%%=*}' '${pair#*=}'"; done
  if [[ $(id -u) == 0 ]]; then
    in_namespace=(unshare -m --propagation private bash -c "$script && exec \"\$@\"" run)
  else
    # Only "root" may mount, so: root of a user namespace, and then the user again in one more.
    in_namespace=(unshare -rm --propagation private bash -c
      "$script && exec unshare -U --map-user=$(id -u) --map-group=$(id -g) \"\$@\"" run)
  fi
  if "${in_namespace[@]}" true 2>/dev/null; then return; fi
  in_namespace=()
  return 1
}
