#!/usr/bin/env bash
# create and run hand the terminal over to whoever listens at --console-socket, and a descriptor of init at --pidfd-socket.
source "$(dirname "$0")/lib.bash"

id=$prefix-console
receive=$(dirname "$0")/receive-descriptor
await() { for _ in $(seq 200); do ! "$@" 2>/dev/null || return 0; sleep 0.05; done; fail "in vain: $*"; }
listen() {  # terminal|pidfd: what came is in $work/received in the end
    rm -f "$work/socket"
    "$receive" "$work/socket" "$1" >"$work/received" 2>&1 &
    receiver=$!
    await test -S "$work/socket"
}

for variant in host user; do
    maps=.
    [[ $variant == user ]] && maps=$(userns 0:100000:65536)
    rm -rf "$work/box"
    new_bundle box "$maps | .process.terminal=true | .process.consoleSize={height:11,width:22} | .process.args=[\"sh\",\"-c\",\"stty size; tty; sleep 0.2; echo end\"]" >/dev/null

    listen terminal
    expect_status 0 rt create -b "$work/box" --console-socket "$work/socket" "$id"
    expect_status 0 rt start "$id"
    wait "$receiver" || fail "$variant: the receiver failed"
    expect_text "$variant: create" "$(<"$work/received")" "size 11 22" $'\n11 22\n/dev/' $'\nend'
    await eval '[[ $(rt state "$id" | jq -r .status) == stopped ]]'
    expect_status 0 rt delete "$id"
    expect_nothing_left "$id"
    for detach in --detach ''; do
        listen terminal
        expect_status 0 rt run -b "$work/box" $detach --console-socket "$work/socket" "$id"
        expect_equal "$variant: own output" "$out" ""
        wait "$receiver" || fail "$variant: the receiver failed"
        expect_text "$variant: run $detach" "$(<"$work/received")" "size 11 22" $'\n11 22\n/dev/' $'\nend'
        expect_status 0 rt delete --force "$id"
        expect_nothing_left "$id"
    done

    # What cannot be is refused, and nothing is left.
    for way in create "run --detach"; do
        expect_status "$([[ $way == create ]] && echo 1 || echo 125)" rt $way -b "$work/box" "$id"
        expect_text "$variant: nobody has the terminal" "$err" terminal --console-socket
        expect_nothing_left "$id"
        for option in --console-socket --pidfd-socket; do
            expect_status "$([[ $way == create ]] && echo 1 || echo 125)" rt $way -b "$work/box" "$option" "$work/none" "$id"
            expect_nothing_left "$id"
        done
        expect_status "$([[ $way == create ]] && echo 1 || echo 125)" rt $way -b "$work/box" --console-socket "$work/none" "$id"
        expect_text "$variant: nobody listens" "$err" "$work/none" "no such file or directory"
    done
    change_config box '.process.terminal=false | .process.args=["sleep","5"]'
    expect_status 1 rt create -b "$work/box" --console-socket "$work/none" "$id"

    for way in create "run --detach"; do
        listen pidfd
        expect_status 0 rt $way -b "$work/box" --pidfd-socket "$work/socket" --pid-file "$work/pid" "$id"
        wait "$receiver" || fail "$variant: the receiver failed"
        expect_equal "$variant: pidfd" "$(<"$work/received")" "$(<"$work/pid") $(<"$work/pid")"
        expect_status 0 rt delete --force "$id"
        expect_nothing_left "$id"
    done
done
finish
