#!/bin/sh
# Makes the default server listen on IPv6 too, where the kernel has it and nobody has changed or mounted default.conf.
set -e

say() {
    [ -n "${NGINX_ENTRYPOINT_QUIET_LOGS:-}" ] || echo "10-listen-on-ipv6-by-default.sh: $*"
}

file=/etc/nginx/conf.d/default.conf
if [ ! -f /proc/net/if_inet6 ]; then
    say "no IPv6 here"
elif [ ! -f "$file" ] || ! cmp -s "$file" /usr/share/drishti/default.conf; then
    say "$file is not the packaged one: left as it is"
elif [ ! -w "$file" ]; then
    say "$file is read-only: left as it is"
else
    # Not sed -i: a mounted file can be written but not replaced.
    changed=$(sed 's/^\( *\)listen \( *\)80;/&\n\1listen \2[::]:80;/' "$file")
    printf '%s\n' "$changed" >"$file"
    say "IPv6 enabled in $file"
fi
