#!/usr/bin/env bash
# Somebody in the container looks into each process that enters it, as root of the container and all the time: it never sees
# more than the program (CVE-2026-41163, CVE-2024-21626, CVE-2019-5736).
source "$(dirname "$0")/lib.bash"

id=$prefix-watched
# What the links of every process of the container but the watcher say, until there is /dev/shm/stop.
cat >"$work/watch" <<'SCRIPT'
while ! test -e /dev/shm/stop; do
    for p in /proc/[0-9]*; do
        test "$p" != "/proc/$$" || continue
        for link in exe root cwd fd/0 fd/3 fd/4 fd/5 fd/6 fd/7 fd/8 fd/9; do
            target=$(readlink "$p/$link" 2>/dev/null) || continue
            case $target in */rt|*rt-test*|/proc|anon_inode:*|socket:*|/sys/fs/*) echo "$p $link $target" >>/dev/shm/seen ;; esac
        done
    done
done
SCRIPT
for maps in . "$(userns 0:100000:65536)"; do
    rm -rf "$work/box"
    new_bundle box "$maps | .process.args=[\"sleep\",\"1000\"] | .linux.seccomp={defaultAction:\"SCMP_ACT_ALLOW\",syscalls:[]}" >/dev/null
    expect_status 0 rt run -d -b "$work/box" "$id"
    before=$(sha256sum "$RT")
    expect_status 0 rt exec -d "$id" sh -c "$(<"$work/watch")"
    for i in $(seq 100); do expect_status "$((i % 7))" rt exec --cwd /etc -u "$((i % 2))" "$id" sh -c "exit $((i % 7))"; done
    expect_status 0 rt exec "$id" touch /dev/shm/stop
    expect_status 1 rt exec "$id" cat /dev/shm/seen
    expect_equal "seen from inside" "$out" ""
    expect_equal "the runtime's own file" "$(sha256sum "$RT")" "$before"
    expect_status 0 rt delete --force "$id"
    expect_nothing_left "$id"
done
finish
