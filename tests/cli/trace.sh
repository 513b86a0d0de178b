#!/usr/bin/env bash
# Where the time goes, in the trace event format: steps that begin and end in order, of the runtime, of init and of hooks.
source "$(dirname "$0")/lib.bash"

id=$prefix-trace file=$work/trace
# The events as a JSON array: the format leaves the closing bracket to the reader.
events() { { sed '$ s/,$//' "$file"; echo ']'; } | jq -c "$1"; }

for variant in host user; do
    maps=.
    [[ $variant == user ]] && maps=$(userns 0:100000:65536)
    rm -rf "$work/box" "$file"
    new_bundle box "$maps | .process.args=[\"sh\",\"-c\",\"ls /proc/self/fd\"]
        | .hooks.createContainer=[{path:\"/bin/true\"}] | .hooks.poststop=[{path:\"/bin/true\"}]" >/dev/null
    expect_status 0 rt --trace "$file" run -b "$work/box" "$id"
    expect_equal "$variant: descriptors of the program" "$(xargs <<<"$out")" "0 1 2 3"
    expect_equal "$variant: mode" "$(stat -c %a "$file")" 640
    expect_status 0 events length

    # Each process begins and ends its steps as brackets do; what becomes the program leaves the last ones open.
    balance='reduce .[] as $e ({}; ($e.tid | tostring) as $t | .[$t] += (if $e.ph == "B" then 1 elif $e.ph == "E" then -1 else 0 end)
        | if .[$t] < 0 then error("an end without a begin") else . end)'
    expect_equal "$variant: the runtime's steps" "$(events "($balance)[\"1\"]")" 0
    expect_equal "$variant: times" "$(events '[group_by(.tid)[] | map(.ts) | . == sort] | all')" true
    expect_equal "$variant: processes" "$(events '[.[] | select(.name == "thread_name") | .args.name] | unique')" '["init","runtime"]'
    out=$(events '[.[] | select(.ph == "B") | "\(.tid) \(.name)"] | unique | .[]')
    expect_text "$variant: steps" "$out" "\"1 rt run\"" "\"1 run container $id\"" '"1 make the plan"' '"1 make the cgroup"' \
        '"1 wait: preparing the rootfs"' '"1 remove the container"' '"2 preparing the rootfs"' '"2 enter the rootfs"' \
        '"2 set up the process"' '"2 mount 0 (proc on /proc)"'
done

# Several commands in one file, the program of a further process; a step that fails has an end.
rm "$file"
new_bundle long '.process.args=["sleep","1000"]' >/dev/null
expect_status 0 rt --trace "$file" run -d -b "$work/long" "$id"
expect_status 0 rt --trace="$file" exec "$id" true
expect_status 127 rt --trace "$file" exec "$id" nosuch
expect_status 0 rt --trace "$file" delete --force "$id"
# Without a user namespace rt starts itself anew, as the same process.
expect_equal "commands" "$(events '[.[] | select(.name == "process_name")] | unique_by(.pid) | map(.args.name) | sort')" \
    '["rt delete","rt exec","rt exec","rt run"]'
expect_equal "further processes" "$(events '[.[] | select(.name == "thread_name" and .args.name == "process")] | length')" 2
expect_equal "failed steps" "$(events '[.[] | select(.tid == 1)] | group_by(.pid) | map(map(.ph) | (map(select(. == "B")) | length) - (map(select(. == "E")) | length)) | all(. == 0)')" true

# A name that is no plain text, and a file that cannot be opened.
rm "$file"
new_bundle odd '.process.args=["true"] | .mounts += [{destination:"/tmp/a\"b\\c",type:"tmpfs",source:"tmpfs"}]' >/dev/null
expect_status 0 rt --trace "$file" run -b "$work/odd" "$id"
expect_status 0 events length
expect_status 1 rt --trace "$work/nosuch/file" state "$id"
expect_text "no such directory" "$err" "$work/nosuch/file" ENOENT
finish
