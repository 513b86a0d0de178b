#!/usr/bin/env bash
# /linux/timeOffsets: the clocks of a new time namespace, with and without a user namespace (time_namespaces(7)).
source "$(dirname "$0")/lib.bash"
[[ -e /proc/self/ns/time ]] || skip "this kernel has no time namespaces"

time_ns='.linux.namespaces += [{type:"time"}]'
uptime() { cut -d. -f1 /proc/uptime; }
near() {  # WHAT VALUE WANTED: two clocks are read one after the other, on a machine that may be slow
    checks=$((checks + 1))
    (($2 >= $3 && $2 < $3 + 60)) || fail "$1: $2 instead of about $3"
}

for variant in host user; do
    extra=.
    [[ $variant == user ]] && extra=$(userns 0:100000:65536)

    # Both clocks, forwards and backwards, as the program and whoever enters its namespace sees them.
    new_bundle "set-$variant" "$extra | $time_ns | .linux.timeOffsets={boottime:{secs:864000,nanosecs:7},monotonic:{secs:-5}} |
        .process.args=[\"sh\",\"-c\",\"cat /proc/uptime /proc/self/timens_offsets; readlink /proc/self/ns/time; readlink /proc/self/ns/time_for_children; exec sleep 1000\"]" >/dev/null
    before=$(uptime)
    "$RT" --root "$state" run -d -b "$work/set-$variant" "$prefix-set" >"$work/out"
    pid=$(rt state "$prefix-set" | jq .pid)
    for _ in $(seq 100); do [[ $(wc -l <"$work/out") == 5 ]] && break; sleep 0.05; done
    mapfile -t lines <"$work/out"
    near "$variant: uptime" "${lines[0]%%.*}" $((before + 864000))
    expect_equal "$variant: offsets" "$(tr -s ' ' <<<"${lines[1]};${lines[2]}")" "monotonic -5 0;boottime 864000 7"
    expect_equal "$variant: its children" "${lines[4]}" "${lines[3]}"
    checks=$((checks + 1))
    [[ ${lines[3]} == time:* && ${lines[3]} != $(readlink /proc/self/ns/time) ]] || fail "$variant: ${lines[3]}"
    monotonic='import time; print(int(time.clock_gettime(time.CLOCK_MONOTONIC)))'
    here=$(python3 -c "$monotonic")
    near "$variant: monotonic" "$(nsenter --target "$pid" --time python3 -c "$monotonic")" $((here - 5))
    expect_status 0 rt delete --force "$prefix-set"
    expect_nothing_left "$prefix-set"

    # Without offsets the clocks are the host's.
    new_bundle "unset-$variant" "$extra | $time_ns | .process.args=[\"cat\",\"/proc/self/timens_offsets\"]" >/dev/null
    expect_status 0 rt run -b "$work/unset-$variant" "$prefix-unset"
    expect_equal "$variant: no offsets" "$(tr -s ' ' <<<"$out")" "$(tr -s ' ' </proc/self/timens_offsets)"
done

refused() {  # NAME FILTER FRAGMENT...
    new_bundle "$1" "$2" >/dev/null
    expect_status 125 rt run -b "$work/$1" "$prefix-$1"
    expect_text "$1" "$err" "${@:3}"
    expect_nothing_left "$prefix-$1"
}
refused no-namespace '.linux.timeOffsets={monotonic:{secs:1}}' "/linux/timeOffsets" "no time namespace" '{ "type": "time" }'
unshare --time sleep 300 &
holder=$!
for _ in $(seq 100); do [[ $(readlink "/proc/$holder/ns/time_for_children") == "$(readlink /proc/self/ns/time)" ]] || break; sleep 0.05; done
refused joined ".linux.namespaces += [{type:\"time\",path:\"/proc/$holder/ns/time_for_children\"}] | .linux.timeOffsets={boottime:{secs:1}}" \
    "/linux/timeOffsets" "/proc/$holder/ns/time_for_children is joined" "leave timeOffsets out"
kill "$holder"
refused before-zero "$time_ns | .linux.timeOffsets={boottime:{secs:-1000000000}}" \
    "/linux/timeOffsets/boottime" "-1000000000 seconds would set it before zero" "stands at" "ERANGE"
refused too-far "$time_ns | .linux.timeOffsets={monotonic:{secs:4611686019}}" "/linux/timeOffsets/monotonic/secs" "146 years"
refused nanoseconds "$time_ns | .linux.timeOffsets={monotonic:{nanosecs:1000000000}}" "/linux/timeOffsets/monotonic/nanosecs"

# An ordinary user, with a user namespace of its own.
if setpriv --reuid 12345 --regid 12345 --clear-groups unshare --user true 2>/dev/null; then
    cp "$RT" "$work/rt"
    mkdir "$work/run" "$work/user"
    cp -a "$work/rootfs" "$work/user/rootfs"
    user() { (cd "$work/user" && setpriv --reuid 12345 --regid 12345 --clear-groups env XDG_RUNTIME_DIR="$work/run" "$@"); }
    chown -R 12345:12345 "$work/run" "$work/user"
    user "$work/rt" spec --rootless
    jq ".process.terminal=false | $time_ns | .linux.timeOffsets={boottime:{secs:5}} | .process.args=[\"cat\",\"/proc/self/timens_offsets\"]" \
        "$work/user/config.json" >"$work/new" && cp "$work/new" "$work/user/config.json"
    expect_status 0 user "$work/rt" run "$prefix-rootless"
    expect_text "rootless" "$(tr -s ' ' <<<"$out")" "boottime 5 0"
fi

finish
