#!/usr/bin/env bash
# exec is ended, or fails, at every step: no process of it remains, and the container is as it was.
source "$(dirname "$0")/lib.bash"
command -v strace >/dev/null || skip "strace is not installed"
strace -o /dev/null true 2>/dev/null || skip "ptrace is not allowed here"

id=$prefix-box
expect_unharmed() {  # WHAT: the first process only, and it still takes others
    local what=$1 left
    checks=$((checks + 1))
    for _ in $(seq 200); do
        left=$(rt ps -f json "$id")
        [[ $left != "[$init]" ]] || break
        sleep 0.02
    done
    [[ $left == "[$init]" ]] || fail "$what: processes are left: $left"
    expect_status 0 rt exec "$id" true
}
traced() {  # STATUS... -- STRACE-OPTION...: one of the statuses; the messages are left in $err
    local wanted=() status=0
    while [[ $1 != -- ]]; do wanted+=("$1"); shift; done
    shift
    checks=$((checks + 1))
    timeout 60 strace -qq -o /dev/null "$@" "$RT" --root "$state" exec "$id" true >"$work/out" 2>"$work/err" </dev/null || status=$?
    err=$(<"$work/err")
    [[ " ${wanted[*]} " == *" $status "* ]] || fail "$*: status $status instead of ${wanted[*]}: $err"
}

for maps in . "$(userns 0:100000:65536)"; do
    rm -rf "$work/box"
    new_bundle box "$maps | .process.args=[\"sleep\",\"1000\"]" >/dev/null
    expect_status 0 rt run -d -b "$work/box" "$id"
    init=$(rt state "$id" | jq .pid)

    # A signal to rt at its own calls. It may come too late to change anything.
    for call in setns clone3 socketpair sendmsg recvmsg poll openat2 pidfd_open waitid; do
        for n in 1 2 3; do
            traced 0 137 -- -e "trace=$call" -e "inject=$call:signal=KILL:when=$n"
            expect_unharmed "KILL at $call $n"
        done
        traced 0 125 143 -- -e "trace=$call" -e "inject=$call:signal=TERM:when=1"
        expect_unharmed "TERM at $call"
    done

    # The process is killed at what only it does (setns: rt itself joins the pid namespace before).
    for call in setsid setresuid capset chdir setgroups; do
        traced 125 -- -f -e "trace=$call" -e "inject=$call:signal=KILL:when=1"
        expect_text "killed at $call" "$err" "the process was killed by signal 9 (KILL)"
        expect_unharmed "killed at $call"
        [[ $call != chdir && $call != setsid ]] || continue  # one is tried twice, the other cannot fail
        traced 125 -- -f -e "trace=$call" -e "inject=$call:error=ENOMEM:when=1"
        expect_text "$call fails" "$err" "exec in container $id" "cannot allocate memory (ENOMEM)"
        expect_unharmed "$call fails"
    done
    traced 125 -- -e trace=setns -e inject=setns:error=EPERM:when=1
    expect_text "no pid namespace" "$err" "join the pid namespace" EPERM
    traced 125 -- -e trace=clone3 -e inject=clone3:error=EAGAIN
    expect_text "no process" "$err" EAGAIN pids.max
    expect_unharmed "no process"

    # Somebody deletes it between the two moments in which rt finds the state directory and locks it.
    strace -qq -e trace=openat -o "$work/opened" "$RT" --root "$state" exec "$id" true
    nth=$(grep -n '"lock"' "$work/opened" | head -n 1 | cut -d: -f1)
    traced 125 -- -e trace=openat -e "inject=openat:error=ENOENT:when=${nth:-0}"
    expect_text "gone before it is locked" "$err" "container does not exist"
    expect_status 0 rt delete --force "$id"
    expect_nothing_left "$id"
done
finish
