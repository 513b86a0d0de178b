# What a container may do, and what it shares.

case_capabilities() {
    caps() { grep "$1" <<<"$out" | cut -f2; }
    expect_status 0 docker run --rm base cat /proc/self/status
    expect_equal "by default" "$(caps CapEff) $(caps CapBnd) $(caps CapAmb)" "00000000a80425fb 00000000a80425fb 0000000000000000"
    expect_status 0 docker run --rm --cap-drop ALL --cap-add NET_ADMIN base cat /proc/self/status
    expect_equal "one" "$(caps CapEff) $(caps CapBnd)" "0000000000001000 0000000000001000"
    expect_status 0 docker run --rm --cap-add ALL base cat /proc/self/status
    expect_equal "all" "$(caps CapEff)" "$(all_capabilities)"
    expect_status 0 docker run --rm -u 1000 base cat /proc/self/status
    expect_equal "not root" "$(caps CapEff) $(caps CapBnd)" "0000000000000000 00000000a80425fb"
}

case_no_new_privileges() {
    expect_output $'NoNewPrivs:\t0' docker run --rm base grep NoNewPrivs /proc/self/status
    expect_output $'NoNewPrivs:\t1' docker run --rm --security-opt no-new-privileges base grep NoNewPrivs /proc/self/status
}

case_seccomp() {
    expect_output $'Seccomp:\t2' docker run --rm base grep Seccomp: /proc/self/status
    expect_status 1 docker run --rm base unshare -U true
    expect_status 0 docker run --rm --security-opt seccomp=unconfined base unshare -U true
    expect_output $'Seccomp:\t0' docker run --rm --security-opt seccomp=unconfined base grep Seccomp: /proc/self/status
    jq -n '{defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 28}]}' >"$work/profile.json"
    expect_status 1 docker run --rm --security-opt seccomp="$work/profile.json" base mkdir /d
    expect_text "custom profile" "$err" "No space left on device"
    expect_output fine docker run --rm --security-opt seccomp="$work/profile.json" base sh -c 'touch /f && echo fine'
}

case_devices() {
    expect_status 0 docker run --rm base ls /dev
    expect_text "by default" "$out" fd full mqueue null ptmx pts random shm stdin tty urandom zero
    expect_status 0 docker run --rm --device /dev/fuse --device /dev/zero:/dev/nought:r base stat -c '%n %F %t:%T' /dev/fuse /dev/nought
    expect_equal devices "$out" $'/dev/fuse character special file a:e5\n/dev/nought character special file 1:5'
    # A device of which only the rules say no.
    expect_status 1 docker run --rm base sh -c 'mknod /tmp/kmsg c 1 11 && head -c 0 </tmp/kmsg'
    expect_text "not allowed" "$err" "Operation not permitted"
    expect_status 0 docker run --rm --device-cgroup-rule 'c 10:229 rwm' base sh -c 'mknod /dev/fuse c 10 229 && : </dev/fuse'
    expect_status 1 docker run --rm --device-cgroup-rule 'c 10:229 rm' base sh -c 'mknod /dev/fuse c 10 229 && : <>/dev/fuse'
    expect_status 127 docker run --rm --device /dev/no-such-device base true  # by the words of the daemon
}

case_sysctls() {
    expect_output "1 0 9000" docker run --rm --sysctl kernel.shm_rmid_forced=1 --sysctl net.ipv4.ip_forward=0 --sysctl kernel.msgmax=9000 base \
        sh -c 'cd /proc/sys; echo $(cat kernel/shm_rmid_forced net/ipv4/ip_forward kernel/msgmax)'
    expect_status 125 docker run --rm --sysctl kernel.panic=1 base true
}

case_protected_paths() {
    expect_status 1 docker run --rm base sh -c 'echo 1 >/proc/sys/kernel/panic'
    expect_text "read-only" "$err" "Read-only file system"
    expect_output 0 docker run --rm base sh -c 'cat /proc/keys /proc/timer_list | wc -c'
    expect_output "" docker run --rm base ls -A /sys/firmware
    expect_status 0 docker run --rm --security-opt systempaths=unconfined base grep -q . /proc/timer_list
}

case_privileged() {
    expect_status 0 docker run --rm --privileged base sh -c 'mount -t tmpfs none /mnt && touch /mnt/f && ls /dev && grep -E "CapEff|Seccomp:" /proc/self/status'
    expect_text "privileged" "$out" fuse "Seccomp:"$'\t'0 "$(all_capabilities)"
    expect_output "rw" docker run --rm --privileged base sh -c 'grep " /sys sysfs" /proc/mounts | cut -d" " -f4 | cut -d, -f1'
    expect_output "ro" docker run --rm base sh -c 'grep " /sys sysfs" /proc/mounts | cut -d" " -f4 | cut -d, -f1'
    expect_status 0 docker run --rm --privileged base sh -c 'echo x >/dev/kmsg 2>/dev/null; cat /proc/sys/kernel/panic >/proc/sys/kernel/panic'
}

case_host_namespaces() {
    local kind
    for kind in net ipc uts pid; do
        expect_output "$(readlink /proc/self/ns/$kind)" docker run --rm "--$kind=host" base readlink /proc/self/ns/$kind
        out=$(docker run --rm base readlink /proc/self/ns/$kind)
        [[ $out == "$kind:["* && $out != "$(readlink /proc/self/ns/$kind)" ]] || fail "$kind without host: $out"
    done
    expect_output "$(readlink /proc/self/ns/cgroup)" docker run --rm --cgroupns=host base readlink /proc/self/ns/cgroup
    expect_output / docker run --rm --cgroupns=private base sh -c 'cut -d: -f3 /proc/self/cgroup | sort -u'
}

case_shared_namespaces() {
    local kind
    expect_status 0 docker run -d --name first --ipc=shareable base sleep 1234
    for kind in net ipc pid; do
        expect_output "$(docker exec first readlink /proc/self/ns/$kind)" docker run --rm "--$kind=container:first" base readlink /proc/self/ns/$kind
    done
    expect_status 0 docker run -d --name second --pid=container:first base sh -c 'sleep 2001 & exec sleep 2002'
    expect_text "the other's processes" "$(docker exec second ps -o args)" "sleep 1234" "sleep 2002"
    # Ending it ends what it has left in the shared pid namespace, and nothing of the other.
    expect_status 0 docker rm -f second
    [[ $(docker exec first ps -o args) != *"sleep 200"* ]] || fail "processes are left: $(docker exec first ps -o args)"
    expect_status 0 docker exec first true
}

# Without a pid namespace of its own the end of the first process does not end the others.
case_host_pid_ends() {
    expect_status 0 docker run -d --name one --pid=host base sh -c 'sleep 3001 & exec sleep 3002'
    wait_for pgrep -fx 'sleep 3001'
    expect_status 0 docker kill one
    wait_for has_ended one
    expect_status 1 pgrep -fx 'sleep 300[12]'
}
