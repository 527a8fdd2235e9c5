#!/bin/sh
# With NGINX_ENTRYPOINT_WORKER_PROCESSES_AUTOTUNE set: worker_processes becomes the number of cores that this container
# may use, the smaller of its CPU set and its cgroup quota (rounded up). A read-only nginx.conf is left as it is.
set -e

say() {
    [ -n "${NGINX_ENTRYPOINT_QUIET_LOGS:-}" ] || echo "30-tune-worker-processes.sh: $*"
}

cgroups=${DRISHTI_CGROUP_ROOT:-/sys/fs/cgroup}

# "quota period" in microseconds; nothing when there is no limit.
quota() {
    if [ -r "$cgroups/cpu.max" ]; then
        sed -n 's/^\([0-9][0-9]*\) \([0-9][0-9]*\)$/\1 \2/p' "$cgroups/cpu.max"
    elif [ -r "$cgroups/cpu/cpu.cfs_quota_us" ]; then
        echo "$(cat "$cgroups/cpu/cpu.cfs_quota_us") $(cat "$cgroups/cpu/cpu.cfs_period_us")" | sed -n '/^[0-9]/p'
    fi
}

# nproc knows the CPU set; the quota may be less.
cores() {
    echo "$(nproc) $(quota)" | awk '{
        cores = $1
        if (NF == 3 && $3 > 0) {
            by_quota = int(($2 + $3 - 1) / $3)
            if (by_quota >= 1 && by_quota < cores) cores = by_quota
        }
        print cores
    }'
}

[ -n "${NGINX_ENTRYPOINT_WORKER_PROCESSES_AUTOTUNE:-}" ] || exit 0
file=/etc/nginx/nginx.conf
if [ ! -w "$file" ]; then
    say "$file is read-only: left as it is"
elif ! grep -qE '^[[:space:]]*worker_processes[[:space:]]' "$file"; then
    say "$file has no worker_processes: left as it is"
else
    number=$(cores)
    # Not sed -i: a mounted file can be written but not replaced.
    changed=$(sed "s/^\([[:space:]]*worker_processes[[:space:]][[:space:]]*\)[^;]*;/\1$number;/" "$file")
    printf '%s\n' "$changed" >"$file"
    say "worker_processes is $number in $file"
fi
