#!/usr/bin/env bash
# What has to end, ends: kill --all, and delete --force of containers that do not make it easy.
source "$(dirname "$0")/lib.bash"
id=$prefix-kill

run_detached() {  # FILTER: the program prints "up" when it is ready
    rm -rf "${work:?}/kill"
    new_bundle kill "$1" >/dev/null
    "$RT" --root "$state" run -d -b "$work/kill" "$id" >"$work/up" 2>"$work/err" || fail "run: $(<"$work/err")"
    wait_for grep -q up "$work/up"
}
wait_for() { for _ in $(seq 500); do "$@" 2>/dev/null && return; sleep 0.02; done; fail "in vain: $*"; }
processes() { rt ps --format json "$id" | jq length; }
has_processes() { [[ $(processes) == "$1" ]]; }
script() { echo ".process.args=[\"sh\",\"-c\",$(jq -n --arg s "$1" '$s')]"; }
no_pid_namespace='.linux.namespaces |= map(select(.type != "pid"))'
# A proc of a pid namespace that was made elsewhere is not for a user namespace.
bound_proc='.mounts |= map(if .type=="proc" then {destination:"/proc",type:"bind",source:"/proc",options:["rbind"]} else . end) | .linux.maskedPaths=[] | .linux.readonlyPaths=[]'
children='(trap "echo child >&2" USR1; while :; do sleep 0.1; done) & (trap "echo child >&2" USR1; while :; do sleep 0.1; done) &'

for variant in . "$(userns 0:100000:65536)"; do
    # kill: the first process; kill --all: every one.
    run_detached "$variant | $(script "trap 'echo first' USR1; trap 'exit 3' TERM; $children echo up; while :; do sleep 0.1; done") | .process.terminal=false"
    expect_status 0 rt kill "$id" USR1
    wait_for grep -q first "$work/up"
    expect_equal "to the first process only" "$(grep -c child "$work/err" || true)" 0
    expect_status 0 rt kill --all "$id" USR1
    wait_for eval '[[ $(grep -c child "$work/err") == 2 ]]'
    expect_status 0 rt kill -a "$id" KILL
    wait_for eval '[[ $(rt state "$id" | jq -r .status) == stopped ]]'
    expect_equal "processes after kill --all" "$(processes)" 0
    expect_status 0 rt kill --all "$id" TERM
    expect_status 0 rt kill --all "$id" KILL
    expect_status 1 rt kill "$id" KILL
    expect_text "kill of a stopped one" "$err" "container not running"
    expect_status 0 rt delete "$id"
    expect_nothing_left "$id"

    # Without a pid namespace the death of the first process is not that of the others; delete --force finds them.
    [[ $variant == . ]] && shared=$no_pid_namespace || shared="$no_pid_namespace | $bound_proc"
    for way in "kill --all" "delete --force"; do
        run_detached "$variant | $shared | $(script 'sleep 1000 & sleep 1000 & echo up; exit 0')"
        wait_for has_processes 2
        expect_equal "status of $variant" "$(rt state "$id" | jq -r .status)" stopped
        expect_status 0 rt $way "$id" $([[ $way != kill* ]] || echo KILL)
        [[ $way != kill* ]] || { wait_for has_processes 0; expect_status 0 rt delete "$id"; }
        expect_nothing_left "$id"
    done
    run_detached "$variant | $shared | $(script 'sleep 1000 & sleep 1000 & echo up; wait')"
    wait_for has_processes 3
    expect_status 0 rt kill "$id" KILL
    wait_for has_processes 0
    expect_status 0 rt delete "$id"
    expect_nothing_left "$id"

    # More processes than rt may have files open: each gets the signal, once.
    counters='i=0; while [ $i -lt 60 ]; do sh -c "trap '"'echo got >&2'"' USR1; echo ready; while :; do sleep 0.2; done" & i=$((i+1)); done; trap : USR1; echo up; while :; do wait; done'
    run_detached "$variant | $(script "$counters")"
    wait_for eval '[[ $(grep -c ready "$work/up") == 60 ]]'
    checks=$((checks + 1))
    (ulimit -n 40 && rt kill --all "$id" USR1) || fail "kill --all with few descriptors"
    wait_for eval '[[ $(grep -c got "$work/err") == 60 ]]'
    expect_equal "signals" "$(grep -c got "$work/err")" 60
    expect_status 0 rt delete --force "$id"
    expect_nothing_left "$id"

    # Many processes, and one that forks and ends all the time.
    run_detached "$variant | $(script 'i=0; while [ $i -lt 200 ]; do sleep 1000 & i=$((i+1)); done; echo up; wait')"
    wait_for has_processes 201
    expect_status 0 rt delete --force "$id"
    expect_nothing_left "$id"
    run_detached "$variant | $shared | $(script 'f() { (f &) ; exit; }; echo up; while :; do (f &); sleep 0.01; done')"
    expect_status 0 rt delete --force "$id"
    expect_nothing_left "$id"

    # Paused, with what it shares or not; and frozen by somebody else.
    for filter in . "$shared"; do
        run_detached "$variant | $filter | $(script 'sleep 1000 & echo up; wait')"
        wait_for has_processes 2
        expect_status 0 rt pause "$id"
        expect_status 1 rt delete "$id"
        expect_text "delete of a paused one" "$err" "is not stopped" paused
        expect_status 0 rt delete --force "$id"
        expect_nothing_left "$id"
        run_detached "$variant | $filter | $(script 'sleep 1000 & echo up; wait')"
        wait_for has_processes 2
        expect_status 0 rt pause "$id"
        expect_status 0 rt kill "$id" KILL
        wait_for has_processes 0
        expect_status 0 rt delete "$id"
        expect_nothing_left "$id"
        run_detached "$variant | $filter | $(script 'sleep 1000 & echo up; wait')"
        for directory in $(jq -r '.cgroups[]' "$state/$id/state.json"); do
            if [[ -e $directory/freezer.state ]]; then echo FROZEN >"$directory/freezer.state"; fi
            if [[ -e $directory/cgroup.freeze ]]; then echo 1 >"$directory/cgroup.freeze"; fi
        done
        expect_status 0 rt delete --force "$id"
        expect_nothing_left "$id"
    done

    # A created container, and one in which cgroups were made.
    rm -rf "$work/kill"
    new_bundle kill "$variant" >/dev/null
    expect_status 0 rt create -b "$work/kill" "$id"
    expect_status 0 rt kill --all "$id" KILL
    wait_for eval '[[ $(rt state "$id" | jq -r .status) == stopped ]]'
    expect_status 0 rt delete "$id"
    expect_nothing_left "$id"
    run_detached "$variant | $(script 'echo up; sleep 1000')"
    for directory in $(jq -r '.cgroups[]' "$state/$id/state.json"); do
        mkdir -p "$directory/inside/deeper"
        sleep 1000 &
        # KILL: bash catches TERM until the child has become sleep, and forgets it then.
        echo $! >"$directory/inside/deeper/cgroup.procs" 2>/dev/null || kill -KILL $!
    done
    expect_status 0 rt delete --force "$id"
    expect_nothing_left "$id"
done
finish
