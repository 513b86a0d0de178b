#!/usr/bin/env bash
# rt or init is ended at every step of the choreography: nothing remains, or delete --force removes it.
source "$(dirname "$0")/lib.bash"
command -v strace >/dev/null || skip "strace is not installed"
strace -o /dev/null true 2>/dev/null || skip "ptrace is not allowed here"

# Two id-mapped mounts, one of them of a path in the rootfs: rt starts a helper for them, and init asks for them.
new_bundle victim "$(userns 0:100000:65536) | .mounts += [{destination:\"/v\",source:\"$work\",options:[\"bind\",\"idmap\"]},{destination:\"/w\",source:\"$work/rootfs/bin\",options:[\"bind\",\"idmap\"]}] | .process.args=[\"sleep\",\"1000\"]" >/dev/null
mkdir "$work/rootfs/v" "$work/rootfs/w"
id=$prefix-victim
longest=60
[[ -z ${VMTEST:-} ]] || longest=600  # a virtual machine in software traces slowly

# Processes of an earlier try end asynchronously when their parent was killed.
expect_no_process() {
    checks=$((checks + 1))
    for _ in $(seq 100); do pgrep -f "$1" >/dev/null || return 0; sleep 0.05; done
    fail "processes are left: $(pgrep -af "$1")"
}

recreate() {  # the same id works right after
    expect_status 0 rt create -b "$work/victim" "$id"
    expect_status 0 rt delete --force "$id"
    expect_nothing_left "$id"
}

# A signal arrives while rt makes its Nth system call of that name.
interrupt_at() {  # SIGNAL SYSCALL N
    local status=0
    checks=$((checks + 1))
    timeout "$longest" strace -qq -o /dev/null -e "trace=$2" -e "inject=$2:signal=$1:when=$3" \
        "$RT" --root "$state" create -b "$work/victim" "$id" >"$work/out" 2>&1 </dev/null || status=$?
    ((status != 124)) || fail "create hangs after $1 at $2 $3"
    if ((status == 0)); then  # the signal came too late, or was never sent
        rt delete --force "$id"
    elif [[ $1 == KILL ]]; then
        expect_status 0 rt delete --force "$id"
    fi
    local before=$failures
    expect_nothing_left "$id"
    expect_no_process "create -b $work/victim"
    ((failures == before)) || { echo "... after $1 at $2 $3, status $status: $(<"$work/out")" >&2; rt delete --force "$id"; }
}

calls=(mkdir mkdirat bind openat2 clone3 socketpair open_tree poll recvmsg sendmsg renameat openat)
for call in "${calls[@]}"; do
    for n in 1 2 3 5 8; do
        interrupt_at KILL "$call" "$n"
        interrupt_at TERM "$call" "$n"
    done
    interrupt_at INT "$call" 1
done
recreate

# delete --force takes a directory that is not locked yet for what a killed create has left: create begins anew.
strace -qq -o /dev/null -e trace=mkdirat -e inject=mkdirat:delay_exit=2000000:when=1 \
    "$RT" --root "$state" create -b "$work/victim" "$id" >"$work/out" 2>&1 </dev/null &
create=$!
until [[ -e $state/$id ]] || ! kill -0 "$create" 2>/dev/null; do sleep 0.02; done
expect_status 0 rt delete --force "$id"
checks=$((checks + 1))
wait "$create" || fail "a create whose directory was removed: $(<"$work/out")"
expect_status 0 rt delete --force "$id"
expect_nothing_left "$id"

# Init is killed at what only it does.
for call in setresuid unshare sethostname pivot_root move_mount capset umount2 setsid accept4 chdir; do
    status=0
    checks=$((checks + 1))
    timeout "$longest" strace -qq -f -o /dev/null -e "trace=$call" -e "inject=$call:signal=KILL:when=1" \
        "$RT" --root "$state" create -b "$work/victim" "$id" >"$work/out" 2>&1 </dev/null || status=$?
    ((status != 124)) || fail "create hangs when init is killed at $call"
    if ((status == 0)); then
        rt delete --force "$id"
    else
        expect_text "init killed at $call" "$(<"$work/out")" "init was killed by signal 9 (KILL)"
    fi
    expect_nothing_left "$id"
done
recreate

# Failures of init at each step say so, and leave nothing.
for call in unshare sethostname pivot_root move_mount fsmount mount_setattr capset setresuid setgroups; do
    expect_status 1 strace -qq -f -o /dev/null -e "trace=$call" -e "inject=$call:error=ENOMEM:when=1" \
        "$RT" --root "$state" create -b "$work/victim" "$id"
    expect_text "$call fails" "$err" "cannot allocate memory (ENOMEM)"
    expect_nothing_left "$id"
done
recreate

finish
