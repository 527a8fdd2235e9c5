# shellcheck shell=bash
# The demonstration of ./run (sourced by it, from the repository's root). DRISHTI names the proxy.
#
# The user's configuration is used byte for byte: it listens on port 80 and names api1:3000, api2:3000 and api3:3000, as
# compose would provide them. Here the servers have loopback addresses of their own, and the names are in an /etc/hosts
# that only the proxy sees (deploy/namespace.sh).

demo_servers=(api1=127.0.0.11 api2=127.0.0.12 api3=127.0.0.13)
demo_api_port=3000
demo_port=${PORT:-80}
demo_dir=$PWD/build/demo
demo_pids=()
demo_proxy=
in_namespace=() # private_mounts sets it
demo_hosts_edited=false
demo_log_dir=$demo_dir/log/nginx

demo_say() { echo "demo: $*"; }
demo_fail() {
  demo_say "$*" >&2
  exit 1
}

demo() {
  mkdir -p "$demo_dir"
  demo_become_root_if_needed
  demo_check_port 0.0.0.0 "$demo_port"
  demo_write_hosts
  trap demo_stop EXIT
  trap 'exit 0' INT TERM HUP
  demo_make_names_known
  demo_start_servers
  demo_start_proxy
  demo_tell
  wait "$demo_proxy" || true
  demo_fail "the proxy is gone; its messages are above"
}

# "" when this user may listen there, otherwise the reason (EADDRINUSE, EACCES ...).
demo_port_problem() { # ADDRESS PORT
  node -e 'const s = require("net").createServer();
    s.on("error", (e) => console.log(e.code)); s.listen(process.argv[2], process.argv[1], () => s.close())' "$1" "$2"
}

# Port 80 belongs to root on most machines; whoever has sudo can show the demonstration on it anyway.
demo_become_root_if_needed() {
  [[ $(id -u) != 0 && $(demo_port_problem 0.0.0.0 "$demo_port") == EACCES ]] || return 0
  if command -v sudo >/dev/null && [[ -z ${DEMO_AS_ROOT:-} ]]; then
    demo_say "port $demo_port needs root: continuing with sudo (PORT=8080 ./run does without)"
    exec sudo DEMO_AS_ROOT=1 PATH="$PATH" DRISHTI="$DRISHTI" PORT="$demo_port" ./run
  fi
}

demo_check_port() { # ADDRESS PORT
  local problem
  problem=$(demo_port_problem "$1" "$2")
  case $problem in
    "") ;;
    EADDRINUSE) demo_fail "something else listens on port $2 already. Stop it, or use another port: PORT=8080 ./run" ;;
    EACCES) demo_fail "this user may not listen on port $2. Run as root, or use another port: PORT=8080 ./run" ;;
    *) demo_fail "cannot listen on $1:$2 ($problem). Another port: PORT=8080 ./run" ;;
  esac
}

demo_write_hosts() {
  local server
  grep -vE '[[:space:]]api[123]([[:space:]]|$)' /etc/hosts >"$demo_dir/hosts" || true
  for server in "${demo_servers[@]}"; do echo "${server#*=} ${server%%=*} # drishti demo"; done >>"$demo_dir/hosts"
}

# The proxy sees its own /etc/hosts, and a /var/log of its own: its default log is /var/log/nginx/access.log.
demo_make_names_known() {
  mkdir -p "$demo_log_dir"
  if private_mounts "$demo_dir/hosts=/etc/hosts" "$demo_dir/log=/var/log"; then return; fi
  [[ $(id -u) == 0 ]] || demo_fail "the names api1, api2 and api3 need a private /etc/hosts, and this system does not" \
    "allow that to ordinary users (unprivileged namespaces are off). Run as root: sudo ./run"
  demo_say "mount namespaces are not allowed here: api1, api2 and api3 are added to /etc/hosts until the end"
  demo_hosts_edited=true
  grep ' # drishti demo$' "$demo_dir/hosts" >>/etc/hosts
  demo_log_dir=/var/log/nginx
  mkdir -p "$demo_log_dir"
}

demo_start_servers() {
  local server name address
  for server in "${demo_servers[@]}"; do
    name=${server%%=*} address=${server#*=}
    NAME=$name HOST=$address PORT=$demo_api_port node deploy/demo/api.js &
    demo_pids+=($!)
    demo_wait_for $! "http://${server#*=}:$demo_api_port/health" || demo_fail "${server%%=*} did not start"
  done
}

demo_configuration() {
  if [[ $demo_port == 80 ]]; then echo "$PWD/deploy/demo/nginx.conf"; return; fi
  sed "s/^\( *listen \)80;/\1$demo_port;/" deploy/demo/nginx.conf >"$demo_dir/nginx.conf"
  demo_say "port $demo_port: using a copy of the user's file with only its listen line changed" >&2
  echo "$demo_dir/nginx.conf"
}

demo_start_proxy() {
  local file
  file=$(demo_configuration)
  "${in_namespace[@]}" "$DRISHTI" -p "$demo_dir/" -c "$file" -g "daemon off; pid $demo_dir/drishti.pid; error_log stderr notice;" &
  demo_proxy=$!
  demo_wait_for "$demo_proxy" "http://127.0.0.1:$demo_port/health" || demo_fail "the proxy did not start; its messages are above"
}

demo_wait_for() { # PID URL: until URL answers; fails when the process is gone or after 10 s
  local try
  for ((try = 0; try < 100; try++)); do
    if curl -s -o /dev/null --max-time 1 "$2"; then return; fi
    kill -0 "$1" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}

demo_tell() {
  local url=http://localhost
  [[ $demo_port == 80 ]] || url+=:$demo_port
  cat <<TXT

The proxy (pid $demo_proxy) is in front of api1 (pid ${demo_pids[0]}), api2 (${demo_pids[1]}) and api3 (${demo_pids[2]}). In another terminal:

  curl $url/                    answered by api1, api2 and api3: see "server"
  curl $url/api/users           what the server received: the headers that the proxy sets
  curl $url/health              answered by the proxy itself
  curl '$url/slow?ms=800'       an answer after 0.8 s
  curl -i '$url/fail?code=503'  a failing server: tried on the others first
  curl -N $url/events           server-sent events
  kill -9 ${demo_pids[1]}                         take api2 away: no request fails
  NAME=api2 HOST=127.0.0.12 PORT=$demo_api_port node deploy/demo/api.js    and bring it back

Ctrl-C stops all of it. The access log is ${demo_log_dir#"$PWD"/}/access.log.
TXT
}

demo_stop() {
  trap '' INT TERM HUP
  trap - EXIT
  [[ -z $demo_proxy ]] || kill -QUIT "$demo_proxy" 2>/dev/null || true
  [[ ${#demo_pids[@]} -eq 0 ]] || kill -TERM "${demo_pids[@]}" 2>/dev/null || true
  demo_end_proxy
  if $demo_hosts_edited; then demo_restore_hosts; fi
  wait
  echo
  demo_say "stopped"
}

# A graceful stop waits for requests in progress (an open /events stream never ends): 3 s, then the fast stop.
demo_end_proxy() {
  local try
  [[ -n $demo_proxy ]] || return 0
  for ((try = 0; try < 30; try++)); do
    kill -0 "$demo_proxy" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -TERM "$demo_proxy" 2>/dev/null || true
}

# /etc/hosts may be a mount of its own (containers), which can be written but not replaced.
demo_restore_hosts() {
  local rest
  rest=$(grep -v ' # drishti demo$' /etc/hosts || true)
  echo "$rest" >/etc/hosts
}
