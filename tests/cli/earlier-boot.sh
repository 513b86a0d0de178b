#!/usr/bin/env bash
# A state directory that is left from before the machine was started anew: what has the names of its cgroups and of its process now
# is somebody else's, and stays.
source "$(dirname "$0")/lib.bash"
id=$prefix-boot
process_of() { jq .pid "$state/$id/state.json"; }
alive() { grep -qs sleep "/proc/$1/cmdline"; }

new_bundle boot '.process.args=["sleep","1000"] | .linux.namespaces |= map(select(.type != "pid"))' >/dev/null
expect_status 0 rt run -d -b "$work/boot" "$id"
pid=$(process_of)
mapfile -t directories < <(jq -r '.cgroups[]' "$state/$id/state.json")
cp "$state/$id/state.json" "$work/state.json"
of_earlier_boot() { jq '.bootId="11111111-2222-3333-4444-555555555555" | '"$1" "$work/state.json" >"$state/$id/state.json"; }

of_earlier_boot .
expect_equal "status" "$(rt state "$id" | jq -r .status)" stopped
expect_equal "processes" "$(rt ps -f json "$id")" "[]"
expect_status 1 rt kill "$id" KILL
expect_text "kill" "$err" "container not running"
expect_status 0 rt kill --all "$id" KILL
expect_status 0 rt kill --all "$id" TERM
expect_status 1 rt pause "$id"
expect_status 1 rt update --pids-limit 7 "$id"
expect_status 0 rt delete "$id"
expect_equal "the state" "$(ls "$state")" ""
expect_equal "the process" "$(alive "$pid" && echo alive)" alive
for directory in "${directories[@]}"; do
    expect_equal "processes of $directory" "$(grep -cx "$pid" "$directory/cgroup.procs")" 1
done

# One that was being made when the machine went down is no obstacle.
mkdir "$state/$id"
of_earlier_boot '.status="creating" | .pid=0 | .startTime=0'
expect_equal "status" "$(rt state "$id" | jq -r .status)" stopped
expect_status 0 rt delete "$id"
expect_equal "the process" "$(alive "$pid" && echo alive)" alive

# With the right boot it is the container's.
mkdir "$state/$id"
cp "$work/state.json" "$state/$id/state.json"
expect_status 0 rt delete --force "$id"
expect_equal "the process" "$(alive "$pid" || echo gone)" gone
expect_nothing_left "$id"
finish
