#!/usr/bin/env bash
# NOTIFY_SOCKET: the program tells the caller's service manager that it is ready (sd_notify(3)).
source "$(dirname "$0")/lib.bash"

manager=
start_manager() {  # ADDRESS: messages go to $work/told
    stop_manager
    : >"$work/manager"
    rm -f "$work/told"
    "$SOURCE_DIR/tests/cli/service-manager" "$1" "$work/told" >"$work/manager" &
    manager=$!
    until grep -q ready "$work/manager"; do kill -0 "$manager" || exit 1; sleep 0.02; done
}
stop_manager() {
    [[ -z $manager ]] || { kill -KILL "$manager"; wait "$manager" 2>/dev/null || true; }
    manager=
}
trap 'stop_manager; cleanup' EXIT
notified() { NOTIFY_SOCKET=$address "$RT" --root "$state" "$@"; }
told() { tr '\n' ';' <"$work/told"; }

"$SOURCE_DIR/bundles/make-rootfs" "$work/rootfs"
cp "$(dirname "$RT")/sd_notify" "$work/rootfs/bin/"

# The program says so once it is told by a file, which it cannot make itself: nothing of it depends on time.
mkdir -m 777 "$work/shared"
service() {  # MESSAGE...: one after the other
    local message script='until [ -e /shared/go ]; do sleep 0.02; done'
    for message in "$@"; do script+="; sd_notify '$message'"; done
    jq -n --arg script "$script; touch /shared/said; [ -e /shared/end ] || sleep 1000" '["sh","-c",$script]'
}
share=".mounts += [{destination:\"/shared\",type:\"bind\",source:\"$work/shared\",options:[\"bind\"]}]"
user=".process.user={uid:1000,gid:1000}"

for variant in . "$user" "$(userns 0:100000:65536)" "$(userns 0:100000:65536) | $user"; do
    for address in "$work/manager.sock" "@$prefix"; do
        rm -rf "$work/service" "$work/manager.sock" "$work"/shared/*
        start_manager "$address"
        new_bundle service "$variant | $share | .process.args=$(service $'STATUS=starting\nMAINPID=1' $'READY=1\nX_OWN=1')" >/dev/null

        # create and start: start waits until the service is ready, and tells the pid as the host counts.
        expect_status 0 notified create -b "$work/service" "$prefix-service"
        expect_equal "nothing is told at create" "$(told)" ""
        notified start "$prefix-service" 2>"$work/start.err" &
        start=$!
        for _ in $(seq 200); do [[ $(rt state "$prefix-service" | jq -r .status) == running ]] && break; sleep 0.02; done
        checks=$((checks + 1))
        kill -0 $start || fail "start did not wait: $(<"$work/start.err")"
        touch "$work/shared/go"
        wait $start || fail "start: status $?: $(<"$work/start.err")"
        pid=$(rt state "$prefix-service" | jq .pid)
        expect_equal "told by start" "$(told)" "STATUS=starting;READY=1;MAINPID=$pid;BARRIER=1;"
        expect_status 0 rt delete --force "$prefix-service"
        expect_nothing_left "$prefix-service"

        # run --detach does the same.
        : >"$work/told"
        expect_status 0 notified run -d -b "$work/service" "$prefix-service"
        pid=$(rt state "$prefix-service" | jq .pid)
        expect_equal "told by run --detach" "$(told | tr -d '\0')" "STATUS=starting;READY=1;MAINPID=$pid;BARRIER=1;"
        expect_status 0 rt delete --force "$prefix-service"
        expect_nothing_left "$prefix-service"

        # run stays the main process of the service, and passes on all that comes.
        touch "$work/shared/end"
        : >"$work/told"
        change_config service ".process.args=$(service READY=1 $'RELOADING=1\nMONOTONIC_USEC=5' WATCHDOG=1 STOPPING=1)"
        expect_status 0 notified run -b "$work/service" "$prefix-service"
        expect_equal "told by run" "$(told | tr -d '\0')" "READY=1;RELOADING=1 | MONOTONIC_USEC=5;WATCHDOG=1;STOPPING=1;"
        expect_nothing_left "$prefix-service"
    done
done

# A service that ends without a word ends the wait; a signal does, and takes the container along.
address=$work/manager.sock
rm -rf "$address" "$work"/shared/*
start_manager "$address"
new_bundle silent >/dev/null
expect_status 0 notified run -d -b "$work/silent" "$prefix-silent"
expect_equal "silent" "$(told)" ""
expect_status 0 rt delete --force "$prefix-silent"
change_config silent '.process.args=["sleep","1000"]'
NOTIFY_SOCKET=$address "$RT" --root "$state" run -d -b "$work/silent" "$prefix-silent" 2>"$work/run.err" &
run=$!
for _ in $(seq 200); do [[ $(rt state "$prefix-silent" 2>/dev/null | jq -r .status) == running ]] && break; sleep 0.02; done
kill -TERM $run
wait $run && fail "an interrupted run: status 0"
expect_text "interrupted" "$(<"$work/run.err")" "interrupted" "TERM"
expect_nothing_left "$prefix-silent"

# Nobody listens (any more): a warning, and the service runs.
stop_manager
rm -rf "$work"/shared/* "$work/service"
touch "$work/shared/go" "$work/shared/end"
new_bundle service "$share | .process.args=$(service READY=1)" >/dev/null
expect_status 0 notified run -b "$work/service" "$prefix-service"
expect_text "nobody listens" "$err" "NOTIFY_SOCKET" "$address" "connection refused"

# The config's own socket, and a caller without one: the program gets nothing from rt.
rm -rf "$work/service"
new_bundle service '.process.env += ["NOTIFY_SOCKET=/theirs"] | .process.args=["sh","-c","echo $NOTIFY_SOCKET; ls /run/notify 2>/dev/null; true"]' >/dev/null
expect_status 0 notified run -b "$work/service" "$prefix-service"
expect_equal "of the config" "$out" /theirs
change_config service '.process.env |= map(select(startswith("NOTIFY") | not))'
expect_status 0 env -u NOTIFY_SOCKET "$RT" --root "$state" run -b "$work/service" "$prefix-service"
expect_equal "none" "$out" ""
address=vsock:2:1
expect_status 125 notified run -b "$work/service" "$prefix-service"
expect_text "another form" "$err" NOTIFY_SOCKET vsock:2:1 "sd_notify(3)"
expect_nothing_left "$prefix-service"

finish
