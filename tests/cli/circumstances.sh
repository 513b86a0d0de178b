#!/usr/bin/env bash
# A machine in a bad state: a full disk, one that may only be read, no more processes, memory or descriptors, a state directory
# that is gone. Each command does what it says or fails with the reason, and delete --force leaves nothing. (After a reboot:
# earlier-boot.sh; a reused pid: security/state.sh.)
source "$(dirname "$0")/lib.bash"

id=$prefix-bad
new_bundle sleeper 'del(.process.rlimits) | .process.args=["sleep","1000"]' >/dev/null
# Hooks and id-mapped mounts take processes of their own.
mkdir -m 700 "$work/source" && mkdir -p "$work/rootfs/v"
new_bundle mapped "$(userns 0:100000:65536) | .process.args=[\"sleep\",\"1000\"] | .hooks={createRuntime:[{path:\"/bin/true\"}]} |
    .mounts += [{destination:\"/v\",source:\"$work/source\",options:[\"bind\",\"idmap\"]}]" >/dev/null
small=$work/small
mkdir "$small"
groups=()
end_circumstances() {
    if mountpoint -q "$small"; then
        mount -o remount,rw,size=1m "$small"
        "$RT" --root "$small" delete --force "$id" || true
        umount -l "$small"
    fi
    cleanup
    for group in "${groups[@]}"; do rmdir "$group" 2>/dev/null || true; done
}
trap end_circumstances EXIT
status_of() { "$RT" --root "$1" state "$id" 2>/dev/null | jq -r .status || true; }
# What may come of a command in need: success, or an error with this word in it; never a signal or a mistake.
expect_either() {  # WHAT WORD COMMAND...: the status is left in $status
    local what=$1 word=$2
    shift 2
    status=0 checks=$((checks + 1))
    timeout 60 "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
    ((status == 0)) || [[ $status == [1-9] || $status == 125 ]] || fail "$what: status $status: $(<"$work/err")"
    ((status == 0)) || [[ $(<"$work/err") == *"$word"* && $(<"$work/err") != *"a mistake in rt"* ]] || fail "$what: no '$word' in: $(<"$work/err")"
}

full_disk() {
    local pages made=0 refused=0
    mount -t tmpfs -o size=1m,mode=755 tmpfs "$small"
    for pages in 1 2 3 4 5 6 8; do
        mount -o remount,size=$((pages * 4))k "$small"
        expect_either "a disk of $pages pages" ENOSPC "$RT" --root "$small" create -b "$work/sleeper" "$id"
        if ((status == 0)); then
            made=$((made + 1))
            expect_status 0 "$RT" --root "$small" delete "$id"
        else
            refused=$((refused + 1))
        fi
        expect_equal "left on a disk of $pages pages" "$(ls -A "$small")" ""
        expect_nothing_left_but_small
    done
    checks=$((checks + 1))
    ((made > 0 && refused > 0)) || fail "$made were created, $refused not: the sizes tell nothing"
    # It fills up while there is a container.
    mount -o remount,size=1m "$small"
    expect_status 0 "$RT" --root "$small" create -b "$work/sleeper" "$id"
    dd if=/dev/zero of="$small/.filler" bs=4k 2>/dev/null || true
    expect_status 0 "$RT" --root "$small" start "$id"
    expect_equal "status on a full disk" "$(status_of "$small")" running
    for command in "exec $id true" "pause $id" "resume $id" "update --pids-limit 50 $id" "kill $id 0"; do
        # shellcheck disable=SC2086
        expect_status 0 "$RT" --root "$small" $command
    done
    expect_status 0 "$RT" --root "$small" delete --force "$id"
    rm "$small/.filler"
    umount "$small"
    expect_nothing_left "$id"
}
expect_nothing_left_but_small() {
    checks=$((checks + 1))
    local left
    left=$(find /sys/fs/cgroup -maxdepth 3 -type d -name "$id" 2>/dev/null || true)
    [[ -z $left ]] || fail "cgroups are left: $left"
}

read_only_disk() {
    mount -t tmpfs -o size=1m,mode=755 tmpfs "$small"
    expect_status 0 "$RT" --root "$small" run -d -b "$work/sleeper" "$id"
    mount -o remount,ro "$small"
    expect_equal "status" "$(status_of "$small")" running
    expect_status 0 "$RT" --root "$small" list
    expect_status 0 "$RT" --root "$small" ps "$id"
    for command in "create -b $work/sleeper $id-2" "delete --force $id" "kill $id KILL" "pause $id"; do
        # shellcheck disable=SC2086
        expect_status 1 "$RT" --root "$small" $command
        expect_text "$command" "$err" EROFS
    done
    expect_equal "status" "$(status_of "$small")" running
    mount -o remount,rw "$small"
    expect_status 0 "$RT" --root "$small" delete --force "$id"
    umount "$small"
    expect_nothing_left "$id"
}

# new_group CONTROLLER: a cgroup for rt itself, in $group; false where that controller is not to be had.
new_group() {
    local top
    for top in "/sys/fs/cgroup/$1" /sys/fs/cgroup /sys/fs/cgroup/unified; do
        group=$top/$prefix-caller-$1
        mkdir "$group" 2>/dev/null || continue
        groups+=("$group")
        # A cgroup of v2 has the controller when the one above gives it.
        [[ ! -e $group/cgroup.controllers || $(<"$group/cgroup.controllers") == *"$1"* ]] || continue
        [[ -e $group/$1.${2:-max} || -e $group/$1.limit_in_bytes ]] && return 0
    done
    return 1
}
in_group=(bash -c 'echo $$ >"$0/cgroup.procs"; exec "$@"')  # GROUP COMMAND...

no_processes() {
    new_group pids || { echo "not checked: no pids controller here"; return; }
    local most bundle
    for bundle in sleeper mapped; do
        for most in 1 2 3; do
            echo $most >"$group/pids.max"
            expect_either "$bundle, at most $most processes" EAGAIN "${in_group[@]}" "$group" "$RT" --root "$state" run -d -b "$work/$bundle" "$id"
            ((status != 0)) || expect_status 0 rt delete --force "$id"
            expect_nothing_left "$id"
        done
    done
    expect_status 0 rt run -d -b "$work/sleeper" "$id"
    echo 1 >"$group/pids.max"
    expect_either "exec without processes" EAGAIN "${in_group[@]}" "$group" "$RT" --root "$state" exec "$id" true
    expect_equal "status" "$(status_of "$state")" running
    # These need no process.
    for command in "pause $id" "resume $id" "state $id" "kill $id 0" "delete --force $id"; do
        # shellcheck disable=SC2086
        expect_status 0 "${in_group[@]}" "$group" "$RT" --root "$state" $command
    done
    expect_nothing_left "$id"
}

no_memory() {
    new_group memory || { echo "not checked: no memory controller here"; return; }
    local limit file=$group/memory.max
    [[ -e $file ]] || file=$group/memory.limit_in_bytes
    for limit in 128 256 512 1024 2048 4096; do
        echo $((limit * 1024)) >"$file" || continue
        status=0 checks=$((checks + 1))
        timeout 60 "${in_group[@]}" "$group" "$RT" --root "$state" run -d -b "$work/mapped" "$id" >"$work/out" 2>"$work/err" </dev/null || status=$?
        [[ $status == 0 || $status == 125 || $status == 137 ]] || fail "$limit KiB of memory: status $status: $(<"$work/err")"
        expect_status 0 rt delete --force "$id"
        expect_nothing_left "$id"
    done
}

few_descriptors() {
    local most command
    expect_status 0 rt run -d -b "$work/sleeper" "$id"
    for most in 4 6 8 10 12 14 16 20; do
        for command in "state $id" "pause $id" "exec $id true" "kill $id 0" "update --pids-limit 60 $id" "ps $id"; do
            # shellcheck disable=SC2086
            expect_either "$command with $most descriptors" EMFILE prlimit --nofile=$most "$RT" --root "$state" $command
            ((status == 0 || most < 20)) || fail "$command with $most descriptors: $(<"$work/err")"
            [[ $command != pause* || $status != 0 ]] || expect_status 0 rt resume "$id"
        done
        # Running, whatever cannot be looked at.
        expect_status 1 prlimit --nofile=$most "$RT" --root "$state" delete "$id"
        expect_equal "status after little was seen" "$(status_of "$state")" running
    done
    expect_status 0 prlimit --nofile=20 "$RT" --root "$state" delete --force "$id"
    expect_nothing_left "$id"
}

# The container goes on, and nobody knows it any more: its name in the cgroups is taken.
state_removed() {
    local pid directories
    expect_status 0 rt run -d -b "$work/sleeper" "$id"
    pid=$(rt state "$id" | jq .pid)
    mapfile -t directories < <(jq -r '.cgroups[]' "$state/$id/state.json")
    rm -rf "${state:?}/$id"
    for command in "state $id" "kill $id KILL" "exec $id true" "delete $id"; do
        # shellcheck disable=SC2086
        status=0; rt $command >"$work/out" 2>"$work/err" || status=$?
        expect_text "$command" "$status $(<"$work/err")" "does not exist"
    done
    expect_status 0 rt delete --force "$id"
    expect_status 1 rt create -b "$work/sleeper" "$id"
    expect_text "create" "$err" "it holds processes already ($pid)"
    checks=$((checks + 1))
    kill -KILL "$pid" || fail "the container was ended"
    for _ in {1..200}; do rmdir "${directories[@]}" 2>/dev/null || true; [[ -d ${directories[0]} ]] || break; sleep 0.05; done
    expect_status 0 rt create -b "$work/sleeper" "$id"
    expect_status 0 rt delete "$id"
    expect_nothing_left "$id"
    # In the foreground rt tells how the program has ended.
    new_bundle ends '.process.args=["sh","-c","sleep 1; exit 7"]' >/dev/null
    "$RT" --root "$state" run -b "$work/ends" "$id" >"$work/out" 2>&1 </dev/null &
    local run=$! status=0
    for _ in {1..200}; do [[ $(status_of "$state") != running ]] || break; sleep 0.05; done
    rm -rf "${state:?}/$id"
    wait "$run" || status=$?
    expect_equal "status of the program" "$status" 7
    for directory in "${directories[@]}"; do rmdir "$directory" 2>/dev/null || true; done
    expect_nothing_left "$id"
}

full_disk
read_only_disk
no_processes
no_memory
sanitized "few descriptors: without one for each of their libraries they do not start" || few_descriptors
state_removed
finish
