#!/usr/bin/env bash
# Docker with user namespaces (userns-remap): root of a container is the user 1000 of the host, all other ids are nobody's.
source "$(dirname "$0")/lib.bash"
needs dockerd docker containerd containerd-shim-runc-v2 iptables jq script setfacl python3
source "$SOURCE_DIR/tests/engines/docker.bash"
for file in process resources network; do source "$SOURCE_DIR/tests/engines/docker/$file.bash"; done

volume=/data/volume
all_capabilities() { echo 0000003fffffffff; }  # of a user namespace, whatever the machine itself has
map_of() { awk '{ $1 = $1; print }' "/proc/$(inspect "$1" '{{.State.Pid}}')/$2"; }

case_mappings() {
    expect_status 0 docker run -d --name one base sleep 1000
    expect_equal "uid map" "$(map_of one uid_map)" $'0 1000 1\n1 100000 65535'
    expect_equal "gid map" "$(map_of one gid_map)" $'0 1500 1\n1 100000 65535'
    expect_output $'0 1000 1\n1 100000 65535' docker run --rm base awk '{ $1 = $1; print }' /proc/self/uid_map
    expect_equal "root outside" "$(stat -c '%u %g' "/proc/$(inspect one '{{.State.Pid}}')")" "1000 1500"
    expect_output "0 0" docker exec one sh -c 'echo $(id -u) $(id -g)'
    [[ $(readlink "/proc/$(inspect one '{{.State.Pid}}')/ns/user") != "$(readlink /proc/self/ns/user)" ]] || fail "no user namespace"
}

# Who made a file, as both sides see it.
case_owners() {
    install -d -o 1000 -g 1500 -m 1777 $volume
    expect_output "0 0" docker run --rm -v $volume:/srv base sh -c 'touch /srv/by-root && stat -c "%u %g" /srv/by-root'
    expect_equal "root's outside" "$(stat -c '%u %g' $volume/by-root)" "1000 1500"
    expect_output "33 33" docker run --rm -u 33:33 -v $volume:/srv base sh -c 'touch /srv/by-33 && stat -c "%u %g" /srv/by-33'
    expect_equal "33's outside" "$(stat -c '%u %g' $volume/by-33)" "100032 100032"
    expect_output "65535 65535" docker run --rm -u 65535:65535 -v $volume:/srv base sh -c 'touch /srv/last && stat -c "%u %g" /srv/last'
    expect_equal "the last id" "$(stat -c '%u %g' $volume/last)" "165534 165534"
    expect_status 1 docker run --rm base chown 65536 /etc/passwd
    # A volume that the daemon makes is the container's.
    expect_output $'0\n33' docker run --rm -v made:/srv -v pages:/var/www base stat -c %u /srv /var/www
}

case_host_file() {
    install -d -m 755 $volume
    echo from the host >$volume/file
    expect_output "65534 65534" docker run --rm -v $volume:/srv base stat -c '%u %g' /srv/file
    expect_output "from the host" docker run --rm -v $volume:/srv base cat /srv/file
    expect_status 1 docker run --rm -u 33 -v $volume:/srv base sh -c 'echo changed >/srv/file'
    # Not even root of the container may.
    expect_status 1 docker run --rm -v $volume:/srv base sh -c 'echo changed >/srv/file'
    chown 100032:100032 $volume/file
    expect_output 33 docker run --rm -u 33 -v $volume:/srv base sh -c 'echo changed >/srv/file && stat -c %u /srv/file'
    expect_equal "as the host reads it" "$(<$volume/file)" changed
}

case_host_binary() {
    install -d -m 755 $volume
    cp "$image_root/bin/busybox" $volume/tool
    expect_status 1 docker run --rm -v $volume:/mnt base rm -f /mnt/tool
    expect_text "refused" "$err" "Permission denied"
    [[ -e $volume/tool ]] || fail "the program of the host is gone"
    expect_status 0 docker run --rm --userns=host -v $volume:/mnt base rm -f /mnt/tool
    [[ ! -e $volume/tool ]] || fail "with --userns=host it is still there"
}

case_userns_host() {
    expect_output "0 0 4294967295" docker run --rm --userns=host base awk '{ $1 = $1; print }' /proc/self/uid_map
    expect_output "$(readlink /proc/self/ns/user)" docker run --rm --userns=host base readlink /proc/self/ns/user
}

case_privileged() {
    expect_status 125 docker run --rm --privileged base true
    expect_text "refused" "$err" "privileged mode is incompatible with user namespaces"
    expect_status 0 docker run --rm --privileged --userns=host base mount -t tmpfs none /mnt
    # All capabilities of a user namespace are none over the host.
    expect_status 1 docker run --rm --cap-add ALL base sh -c 'echo 1 >/proc/sys/kernel/panic'
    expect_status 1 docker run --rm --cap-add ALL --security-opt seccomp=unconfined base mknod /null c 1 3
    expect_status 0 docker run --rm --cap-add SYS_ADMIN base mount -t tmpfs none /mnt
}

case_top_and_proc() {
    local pid
    expect_status 0 docker run -d --name one base sleep 1000
    expect_status 0 docker exec -d -u 33 one sleep 2000
    both() { [[ $(docker top one -o pid,uid,args | awk '{ print $2, $4 }' | xargs) == *"1000 1000 100032 2000" ]]; }
    wait_for both
    for pid in $(docker top one -o pid | tail -n +2); do
        expect_equal "uid of $pid" "$(docker top one -o pid,uid | awk -v pid="$pid" '$1 == pid { print $2 }')" \
            "$(awk '/^Uid:/ { print $2 }' "/proc/$pid/status")"
    done
}

# A socket in a volume: a server in one container, clients in another one and on the host.
case_sockets() {
    install -d -o 1000 -g 1500 -m 755 $volume
    expect_status 0 docker run -d --name server -v $volume:/srv base sh -c 'ln -s /srv/log /dev/log && exec syslogd -n -O -'
    wait_for test -S $volume/log
    expect_equal "owner of the socket" "$(stat -c %u $volume/log)" 1000
    expect_status 0 docker run --rm -v $volume:/srv base sh -c 'ln -s /srv/log /dev/log && logger from a container'
    expect_status 0 python3 -c 'import socket, sys
client = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
client.connect(sys.argv[1])
client.send(b"<13>from the host")' $volume/log
    wait_for logged server "from a container"
    wait_for logged server "from the host"
}

# A user of the host is let in by an ACL, whoever makes the files.
case_access_lists() {
    install -d -o 1000 -g 1500 -m 750 $volume
    setfacl -m u:2000:rwx,d:u:2000:rwX,u:100032:rwx,d:u:100032:rwX $volume || skip_case "no ACLs on this file system"
    as_2000() { setpriv --reuid 2000 --regid 2000 --clear-groups "$@"; }
    expect_status 0 docker run --rm -u 33 -v $volume:/srv base sh -c 'umask 077; echo from 33 >/srv/page'
    expect_output "from 33" as_2000 cat $volume/page
    expect_status 0 as_2000 sh -c "umask 077; echo from the host >$volume/answer"
    expect_output "from the host" docker run --rm -u 33 -v $volume:/srv base cat /srv/answer
    expect_status 1 setpriv --reuid 2001 --regid 2001 --clear-groups cat $volume/page
    expect_status 1 docker run --rm -u 34 -v $volume:/srv base cat /srv/page
}

case_build_keeps_owners() {
    local at=$work/build
    mkdir -p "$at"
    printf 'FROM base\nRUN touch /by-root && touch /by-33 && chown 33:33 /by-33\nUSER 33\nRUN touch /tmp/of-33\n' >"$at/Dockerfile"
    expect_status 0 docker build -q -t built "$at"
    expect_output $'0 /by-root\n33 /by-33\n33 /tmp/of-33' docker run --rm built stat -c '%u %n' /by-root /by-33 /tmp/of-33
    docker rmi -f built >/dev/null
}

case_special_mounts() {
    expect_status 0 docker run --rm --read-only --tmpfs /t:uid=33,mode=700 -v /dev/mqueue base sh -c 'stat -c "%u %a" /t && ! touch /file && stat -c %u /dev/shm /dev/pts /proc /sys'
    expect_text "owners" "$out" "33 700" $'0\n0\n0'
    expect_output 33 docker run --rm --tmpfs /t:mode=1777 -u 33 base sh -c 'touch /t/f && stat -c %u /t/f'
    expect_output 1 docker run --rm --sysctl net.ipv4.ip_unprivileged_port_start=1 base cat /proc/sys/net/ipv4/ip_unprivileged_port_start
}

echo 'dock:x:1000:1500::/nonexistent:/bin/false' >>/etc/passwd
echo 'dock:x:1500:' >>/etc/group
printf '%s\n' dock:1000:1 dock:100000:65535 >/etc/subuid
printf '%s\n' dock:1500:1 dock:100000:65535 >/etc/subgid
start_docker docker '."userns-remap" = "dock"'
import_image

after_case() {
    daemon_runs docker || fail "dockerd has ended: $(tail -n 20 "$work/docker.log")"
    remove_all
    rm -rf $volume
    nothing_of_docker_left
}

run_cases
