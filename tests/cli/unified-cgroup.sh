#!/usr/bin/env bash
# The life cycle, the process and its end once more where only cgroup v2 is mounted: in a mount namespace of its own.
source "$(dirname "$0")/lib.bash"

run_on_v2() {
    checks=$((checks + 1))
    unshare --mount --propagation private bash -c '
        set -e
        mount -t cgroup2 cgroup2 /sys/fs/cgroup
        exec "$0" "$@"' "$@" || fail "$* on cgroup v2"
}
[[ $(stat -fc %T /sys/fs/cgroup) != cgroup2fs ]] || skip "nothing else is mounted here: the other tests show it"
unshare --mount true 2>/dev/null || skip "no mount namespace can be made here"
grep -q cgroup2 /proc/filesystems || skip "the kernel has no cgroup v2"
run_on_v2 "$SOURCE_DIR/tests/cli/life-cycle.sh"
run_on_v2 "$SOURCE_DIR/tests/cli/process.sh"
run_on_v2 "$SOURCE_DIR/tests/cli/kill.sh"
finish
