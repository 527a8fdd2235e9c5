#!/bin/sh
# Prepares the container by the hooks in /docker-entrypoint.d, then becomes the command.
#
# Hooks run in version order, and only when the command is the server itself: NAME.sh is executed, NAME.envsh is sourced
# (what it exports is seen by later hooks and by the server). A hook that is not executable is left out, with a message.
# NGINX_ENTRYPOINT_QUIET_LOGS=1 silences all messages of this script and its hooks.
set -e

say() {
    [ -n "${NGINX_ENTRYPOINT_QUIET_LOGS:-}" ] || echo "$0: $*"
}

run_hook() {
    case $1 in
        *.envsh | *.sh) ;;
        *) say "ignoring $1: neither .sh nor .envsh"; return ;;
    esac
    if [ ! -x "$1" ]; then
        say "ignoring $1: not executable"
        return
    fi
    case $1 in
        *.envsh)
            say "sourcing $1"
            # shellcheck disable=SC1090
            . "$1"
            ;;
        *)
            say "running $1"
            "$1"
            ;;
    esac
}

# The list is read on its own descriptor: a hook may read standard input, and sourced ones need this very shell.
run_hooks() {
    hooks=$(find /docker-entrypoint.d/ -follow -type f 2>/dev/null | sort -V)
    if [ -z "$hooks" ]; then
        say "no hooks in /docker-entrypoint.d"
        return
    fi
    while IFS= read -r hook <&3; do
        run_hook "$hook"
    done 3<<HOOKS
$hooks
HOOKS
    say "ready to start"
}

case ${1:-} in
    nginx | nginx-debug | drishti) run_hooks ;;
esac
exec "$@"
