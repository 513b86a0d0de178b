#!/usr/bin/env bash
# Very many containers in a row: no file, mount, cgroup or process stays behind, and the machine has no more open files and
# cgroups than before (told only: others work there, too). RT_CRASH=all: 20,000; RT_SOAK otherwise.
source "$(dirname "$0")/lib.bash"
containers=${RT_SOAK:-300}
[[ ${RT_CRASH:-} != all ]] || containers=${RT_SOAK:-20000}
id=$prefix-soak

new_bundle plain . >/dev/null
# Of several users: each may have 200 keys, and on a busy machine the kernel forgets those of ended containers late (RCU).
for user in {0..19}; do
    new_bundle "mapped$user" "$(userns 0:$((10000000 + 65536 * user)):65536) | .linux.seccomp={defaultAction:\"SCMP_ACT_ALLOW\",syscalls:[{names:[\"swapon\"],action:\"SCMP_ACT_ERRNO\"}]}" >/dev/null
done
new_bundle sleeper '.process.args=["sleep","1000"]' >/dev/null

what_is_there() {
    find "$work" -path "$work/rootfs" -prune -o -path "$work/there*" -prune -o -print | sort
    find /sys/fs/cgroup -maxdepth 3 -type d -name "$prefix*" 2>/dev/null | sort || true
    awk '{ $1 = $2 = $3 = ""; print }' /proc/self/mountinfo | sort
    pgrep -f -- "--root $state" || true
}
of_machine() {  # of the whole machine: others change them as well
    echo "$(awk '{ print $1 }' /proc/sys/fs/file-nr) open files, $(awk '/^Slab:/ { print $2 }' /proc/meminfo) KiB of kernel memory, $(awk 'NR > 1 { n += $3 } END { print n }' /proc/cgroups) cgroups"
}
one() {  # three ways of a life
    case $(($1 % 3)) in
        0) "$RT" --root "$state" run -b "$work/plain" "$id" ;;
        1) "$RT" --root "$state" run -b "$work/mapped$(($1 / 3 % 20))" "$id" ;;
        2) "$RT" --root "$state" create -b "$work/sleeper" "$id" && "$RT" --root "$state" start "$id" &&
            "$RT" --root "$state" exec "$id" true && "$RT" --root "$state" delete --force "$id" ;;
    esac </dev/null >"$work/there.out" 2>&1 || fail "container $1: $(<"$work/there.out")"
}

for n in {1..60}; do one "$n"; done  # what is kept is there
what_is_there >"$work/there"
before=$(of_machine)
SECONDS=0
for ((n = 1; n <= containers && failures < 10; n++)); do
    one "$n"
    ((n % 1000 != 0)) || echo "$n containers in $SECONDS s: $(of_machine)"
done
took=$SECONDS
what_is_there >"$work/there.after"
checks=$((checks + n))
expect_equal "what is there" "$(diff "$work/there" "$work/there.after" || true)" ''
echo "$((n - 1)) containers in $took s; before: $before; after: $(of_machine)"
finish
