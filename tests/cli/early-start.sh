#!/usr/bin/env bash
# Where no user namespace is asked for, rt starts anew before the C library begins, whose first call is brk(2) (main/early_start.cpp).
source "$(dirname "$0")/lib.bash"

command -v strace >/dev/null || skip "strace is not installed"
! sanitized "a dynamic program has no early start" || exit 77

new_bundle none '.process.args=["sleep","1000"]' >/dev/null
new_bundle mapped "$(userns 0:100000:65536) | .process.args=[\"sleep\",\"1000\"]" >/dev/null
first_calls() {  # EXPECTED WORD...: of rt itself
    strace -qq -o "$work/calls" -e trace=execve,execveat,brk "$RT" --root "$state" "${@:2}" >/dev/null 2>&1 </dev/null || true
    expect_equal "rt ${*:2}" "$(sed 's/(.*//' "$work/calls" | head -n 2 | xargs)" "$1"
}

early="execve execveat" late="execve brk"
first_calls "$early" run -d -b "$work/none" "$prefix-a"
first_calls "$early" run -d --bundle="$work/none" "$prefix-b"
first_calls "$early" create --config "$work/none/config.json" -b "$work/none" "$prefix-c"
first_calls "$late" run -d -b "$work/mapped" "$prefix-d"
for container in a b d; do expect_equal "status" "$(rt state "$prefix-$container" | jq -r .status)" running; done
first_calls "$early" exec -e A=B "$prefix-a" true
first_calls "$late" exec "$prefix-d" true
first_calls "$late" state "$prefix-a"
for container in a b c d; do
    expect_status 0 rt delete --force "$prefix-$container"
    expect_nothing_left "$prefix-$container"
done

# Spelt with an escape, it is a user namespace too.
sed 's/"type": "user"/"type": "\\u0075ser"/' "$work/mapped/config.json" >"$work/mapped/escaped.json"
expect_equal "the escape" "$(grep -c '"\\u0075ser"' "$work/mapped/escaped.json")" 1
first_calls "$late" run -d -b "$work/mapped" --config "$work/mapped/escaped.json" "$prefix-e"
expect_equal "status" "$(rt state "$prefix-e" | jq -r .status)" running
expect_status 0 rt delete --force "$prefix-e"
expect_nothing_left "$prefix-e"
finish
