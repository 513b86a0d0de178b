#!/usr/bin/env bash
# What a container uses, as JSON lines, and the notice that it ran out of memory.
source "$(dirname "$0")/lib.bash"

id=$prefix-events
new_bundle events '.process.args=["sh","-c","i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; sleep 1000"]' >/dev/null
expect_status 1 rt events --stats "$id"
expect_text "unknown" "$err" "container does not exist"
expect_status 0 rt run -d -b "$work/events" "$id"
for bad in 0s 5 s -1s 1x 99999999999s; do
    expect_status 1 rt events --interval "$bad" "$id"
    expect_text "interval $bad" "$err" --interval
done
expect_status 0 rt events --stats "$id"
expect_text "beginning" "$out" "{\"type\":\"stats\",\"id\":\"$id\",\"data\":{"
expect_equal "one line" "$(wc -l <<<"$out")" 1
for member in cpu.usage.total cpu.usage.kernel cpu.usage.user cpu.throttling.periods cpu.burst.burstTime cpuset.cpus \
    memory.usage.usage memory.usage.limit memory.swap memory.kernel memory.kernelTCP memory.raw memory.cache pids.current \
    pids.limit blkio.ioServiceBytesRecursive hugetlb intel_rdt; do
    expect_equal "$member" "$(jq ".data.$member != null" <<<"$out")" true
done
expect_equal "CPU time is counted" "$(jq '.data.cpu.usage.total > 0' <<<"$out")" true

# With an interval, until the container ends.
"$RT" --root "$state" events --interval 100ms "$id" >"$work/lines" 2>"$work/errors" &
watcher=$!
for _ in $(seq 100); do [[ $(wc -l <"$work/lines") -ge 3 ]] && break || sleep 0.1; done
expect_status 0 rt kill "$id" KILL
code=0
wait "$watcher" || code=$?
expect_equal "end of events" "$code" 0
checks=$((checks + 1))
[[ $(jq -c .type "$work/lines" | sort -u) == '"stats"' ]] || fail "lines: $(<"$work/lines"); $(<"$work/errors")"
expect_status 1 rt events --stats "$id"
expect_text "stopped" "$err" "container not running"
expect_status 0 rt delete "$id"

# A hog is killed by the kernel, and events says so.
if grep -qE '^\S+ \S+ cgroup \S*\bmemory\b' /proc/mounts || grep -qw memory /sys/fs/cgroup/cgroup.controllers 2>/dev/null; then
    new_bundle hog '.linux.resources += {memory:{limit:33554432,swap:33554432}} | .process.args=["sh","-c","sleep 1; x=$(head -c 100000000 /dev/zero | tr \"\\\\0\" x); echo survived"]' >/dev/null
    expect_status 0 rt run -d -b "$work/hog" "$id"
    expect_status 0 rt events --interval 10m "$id"
    expect_equal "OOM notice" "$(head -n 1 <<<"$out")" "{\"type\":\"oom\",\"id\":\"$id\"}"
    expect_status 0 rt delete "$id"
else
    echo "not on this machine: the memory controller"
fi
expect_nothing_left "$id"

finish
