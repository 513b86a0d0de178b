# Cases of Podman, as root and rootless: namespaces, capabilities, seccomp, users, devices, what is hidden.

case_capabilities() {
    local bound='awk "/CapBnd/ { print \$2 }" /proc/self/status'
    expect_output 0000000000000000 podman run --rm --cap-drop ALL $image sh -c "$bound"
    # CAP_NET_RAW is 13.
    expect_output 0000000000002000 podman run --rm --cap-drop ALL --cap-add NET_RAW $image sh -c "$bound"
    expect_status 0 podman run --rm --cap-drop CHOWN $image sh -c 'touch /tmp/a; chown 33 /tmp/a && echo changed || echo refused'
    expect_equal "without CHOWN" "$out" refused
    expect_status 1 podman run --rm $image mount -t tmpfs none /mnt
    expect_status 0 podman run --rm --cap-add SYS_ADMIN $image mount -t tmpfs none /mnt
}

case_capabilities_user() {
    expect_output 0000000000000000 podman run --rm --user 33 $image awk '/CapEff/ { print $2 }' /proc/self/status
    # For another user than root they must be ambient, or execve takes them away.
    expect_output 0000000000000400 podman run --rm --user 33 --cap-drop ALL --cap-add NET_BIND_SERVICE $image awk '/CapEff/ { print $2 }' /proc/self/status
}

case_no_new_privileges() {
    expect_output 1 podman run --rm --security-opt no-new-privileges $image awk '/NoNewPrivs/ { print $2 }' /proc/self/status
    expect_output 0 podman run --rm $image awk '/NoNewPrivs/ { print $2 }' /proc/self/status
}

case_seccomp() {
    local mode='/^Seccomp:/ { print $2 }'
    expect_output 2 podman run --rm $image awk "$mode" /proc/self/status
    expect_output 0 podman run --rm --security-opt seccomp=unconfined $image awk "$mode" /proc/self/status
}

case_seccomp_profile() {
    cat >$shared/profile.json <<'END'
{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
    {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 30},
    {"names": ["sethostname"], "action": "SCMP_ACT_KILL_PROCESS"}]}
END
    expect_status 1 podman run --rm --security-opt seccomp=$shared/profile.json $image mkdir /tmp/new
    expect_text "errno 30" "$err" "Read-only file system"
    # 128 + SIGSYS
    expect_status 159 podman run --rm --cap-add SYS_ADMIN --security-opt seccomp=$shared/profile.json $image hostname x
}

case_seccomp_exec() {
    cat >$shared/profile.json <<'END'
{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 30}]}
END
    podman run -d --name one --security-opt seccomp=$shared/profile.json $image sleep 1000
    expect_status 1 podman exec one mkdir /tmp/new
    expect_text "errno 30" "$err" "Read-only file system"
}

case_user() {
    local ids='echo $(id -u) $(id -g) $(id -G)'
    expect_output "33 33 33" podman run --rm --user www-data $image sh -c "$ids"
    expect_output "33 1000 1000" podman run --rm --user 33:1000 $image sh -c "$ids"
    expect_output "4000 0 0" podman run --rm --user 4000 $image sh -c "$ids"
    expect_output "33 33 33 5 1000" podman run --rm --user www-data --group-add 5 --group-add user $image sh -c "$ids"
    expect_output "0022" podman run --rm $image sh -c umask
    expect_output "0077" podman run --rm --umask 0077 $image sh -c umask
}

case_hidden_paths() {
    expect_output 0 podman run --rm $image sh -c 'wc -c </proc/keys'
    expect_status 1 podman run --rm $image sh -c 'echo x >/proc/sysrq-trigger'
    expect_status 0 podman run --rm --security-opt unmask=/proc/keys $image sh -c 'grep -c " /proc/keys " /proc/self/mountinfo || true'
    expect_equal unmasked "$out" 0
    expect_status 0 podman run --rm --security-opt mask=/etc/passwd $image cat /etc/passwd
    expect_equal masked "$out" ""
}

case_read_only() {
    expect_status 1 podman run --rm --read-only $image touch /file
    expect_status 0 podman run --rm --read-only $image touch /tmp/file
    expect_status 1 podman run --rm --read-only --read-only-tmpfs=false $image touch /tmp/file
}

case_devices() {
    expect_output "c 1 5" podman run --rm --device /dev/zero:/dev/my-zero $image sh -c 'test -c /dev/my-zero && stat -c "c %t %T" /dev/my-zero'
    expect_output 4 podman run --rm --device /dev/zero:/dev/my-zero:r $image sh -c 'head -c 4 /dev/my-zero | wc -c'
    expect_status 125 podman run --rm --device /dev/no-such $image true
}

case_default_devices() {
    expect_output "console fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero" \
        in_terminal podman run --rm -t $image sh -c 'echo $(ls /dev)'
    expect_status 0 podman run --rm $image sh -c 'echo x >/dev/null; head -c1 /dev/zero >/dev/null; ls -ln /dev/null'
    expect_text owner "$out" "crw-rw-rw-"
}

case_sysctl() {
    expect_output 300 podman run --rm --sysctl net.core.somaxconn=300 $image cat /proc/sys/net/core/somaxconn
    expect_output 3000 podman run --rm --sysctl kernel.shmmni=3000 $image cat /proc/sys/kernel/shmmni
    expect_status 125 podman run --rm --sysctl vm.swappiness=10 $image true
}

case_privileged() {
    expect_status 0 podman run --rm --privileged $image mount -t tmpfs none /mnt
    expect_output 0 podman run --rm --privileged $image awk '/^Seccomp:/ { print $2 }' /proc/self/status
    expect_status 0 podman run --rm --privileged $image sh -c 'grep -c " /proc/keys " /proc/self/mountinfo || true'
    expect_equal "nothing is masked" "$out" 0
}

case_host_namespaces() {
    local name
    expect_output "$(readlink /proc/self/ns/ipc)" podman run --rm --ipc host $image readlink /proc/self/ns/ipc
    expect_output "$(readlink /proc/self/ns/uts)" podman run --rm --uts host $image readlink /proc/self/ns/uts
    expect_output "$(readlink /proc/self/ns/net)" podman run --rm --network host $image readlink /proc/self/ns/net
    expect_output "$(readlink /proc/self/ns/pid)" podman run --rm --pid host $image readlink /proc/self/ns/pid
    for name in ipc uts net pid mnt; do
        expect_status 0 podman run --rm $image readlink /proc/self/ns/$name
        [[ $out != "$(readlink /proc/self/ns/$name)" ]] || fail "$name is that of the host"
    done
}

case_shared_namespaces() {
    podman run -d --name one --ipc shareable $image sleep 1000
    expect_status 0 podman run --rm --pid container:one $image ps -o args
    expect_text "pid" "$out" "sleep 1000"
    expect_output "$(podman exec one readlink /proc/self/ns/ipc)" podman run --rm --ipc container:one $image readlink /proc/self/ns/ipc
    expect_output "$(podman exec one readlink /proc/self/ns/net)" podman run --rm --network container:one $image readlink /proc/self/ns/net
    expect_output "$(podman exec one readlink /proc/self/ns/uts)" podman run --rm --uts container:one $image readlink /proc/self/ns/uts
}

case_host_pid_stop() {
    has_cgroup
    # Without a pid namespace the end of init ends nobody else: whatever is left is ended by the runtime.
    podman run -d --name one --pid host $image sh -c 'sleep 4242 & sleep 4242'
    expect_status 0 podman rm -f -t 0 one
    wait_for sh -c '! pgrep -f "[s]leep 4242"'
}
