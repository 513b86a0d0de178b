#!/usr/bin/env bash
# The clock of the machine jumps: past 2038, before 2000, and while a hook runs. Neither what runs nor a time-out depends on it.
# Only where nobody else looks at the clock: RT_CLOCK_JUMPS, or the virtual machine that the tests make.
source "$(dirname "$0")/../cli/lib.bash"
[[ -n ${RT_CLOCK_JUMPS:-} || $(hostname) == vmtest ]] || skip "the clock of this machine is not set"

id=$prefix-clock
uptime() { cut -d. -f1 /proc/uptime; }  # SECONDS jumps, too
booted=$(($(date +%s) - $(uptime)))
set_clock() { date -s "$1" >/dev/null; }
clock_back() { set_clock "@$((booted + $(uptime)))"; }
trap 'clock_back; cleanup' EXIT

new_bundle box '.process.args=["sleep","1000"]' >/dev/null
new_bundle hooked '.hooks.createRuntime=[{path:"/bin/sleep",args:["sleep","2"],timeout:60}]' >/dev/null
for made in "2001-02-03" "2100-01-01"; do
    set_clock "$made"
    expect_status 0 rt run -d -b "$work/box" "$id"
    expect_text "made at $made" "$(rt list)" "${made:0:4}-"
    for now in "1971-01-01" "2038-01-19 03:14:06"; do
        set_clock "$now"
        expect_equal "$made, $now" "$(rt state "$id" | jq -r .status)" running
        expect_status 0 rt list
        expect_text "$made, $now" "$out" "$id" running
        expect_status 0 rt exec "$id" true
        expect_status 0 rt ps "$id"
        expect_status 0 rt pause "$id"
        expect_status 0 rt resume "$id"
        expect_status 0 rt events --stats "$id"
        expect_status 0 rt explain "$id"
    done
    expect_status 0 rt delete --force "$id"
    expect_nothing_left "$id"
done

# A hook has its time by a clock that nobody sets.
clock_back
for jump in "+10 years" "-10 years"; do
    "$RT" --root "$state" run -b "$work/hooked" "$id" >"$work/run.out" 2>&1 &
    job=$!
    sleep 1
    set_clock "$jump"
    status=0
    wait "$job" || status=$?
    expect_equal "a hook, $jump: $(<"$work/run.out")" "$status" 0
    clock_back
done
expect_nothing_left "$id"
off=$(($(date +%s) - booted - $(uptime)))
checks=$((checks + 1))
((off >= -1 && off <= 1)) || fail "the clock is off by $off s afterwards"
finish
