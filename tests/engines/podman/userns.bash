# Cases of Podman as root: user namespaces.

maps='cat /proc/self/uid_map'
# squeezed COMMAND...: its output with single spaces.
squeezed() { "$@" | awk '{ $1 = $1; print }'; }

case_userns_host() {
    expect_output "0 0 4294967295" squeezed podman run --rm --userns host $image $maps
}

case_userns_map() {
    expect_output "0 100000 65536" squeezed podman run --rm --uidmap 0:100000:65536 --gidmap 0:100000:65536 $image $maps
    expect_output "0 200000 65536" squeezed podman run --rm --uidmap 0:100000:65536 --gidmap 0:200000:65536 $image cat /proc/self/gid_map
    expect_output "root www-data" podman run --rm --uidmap 0:100000:65536 $image sh -c 'echo $(stat -c %U /etc/passwd /var/www)'
}

case_userns_two_ranges() {
    expect_output $'0 1000 1\n1 100000 65535' squeezed podman run --rm --uidmap 0:1000:1 --uidmap 1:100000:65535 \
        --gidmap 0:1000:1 --gidmap 1:100000:65535 $image $maps
    mkdir -m 777 $shared/data
    podman run --rm --uidmap 0:1000:1 --uidmap 1:100000:65535 --gidmap 0:1000:1 --gidmap 1:100000:65535 \
        -v $shared/data:/srv $image sh -c 'touch /srv/root; su -s /bin/sh www-data -c "touch /srv/www"'
    expect_output "1000 100032" sh -c "echo \$(stat -c %u $shared/data/root $shared/data/www)"
}

case_userns_sparse() {
    local ranges=(--uidmap 0:100000:10 --uidmap 33:5000:1 --uidmap 1000:1000:1 --uidmap 65534:165534:1
        --gidmap 0:100000:100 --gidmap 1000:1000:1 --gidmap 65534:165534:1)
    expect_output $'0 100000 10\n33 5000 1\n1000 1000 1\n65534 165534 1' squeezed podman run --rm "${ranges[@]}" $image $maps
    expect_output 33 podman run --rm "${ranges[@]}" --user 33:33 $image id -u
    expect_output 1000 podman run --rm "${ranges[@]}" --user user $image id -u
}

case_userns_many_ranges() {
    local ranges=() id
    for id in $(seq 0 2 98); do ranges+=(--uidmap "$id:$((200000 + 10 * id)):1" --gidmap "$id:$((200000 + 10 * id)):1"); done
    expect_output 50 podman run --rm "${ranges[@]}" $image sh -c 'grep -c . /proc/self/uid_map'
}

case_userns_unmapped_user() {
    expect_status 126 podman run --rm --uidmap 0:100000:1000 --gidmap 0:100000:1000 --user 4000 $image true
    expect_text "Podman itself knows" "$err" "doesn't map UID 4000"
}

case_userns_exec() {
    podman run -d --name one --uidmap 0:100000:65536 --gidmap 0:100000:65536 $image sleep 1000
    expect_output "0 33" sh -c "podman exec one id -u | tr '\n' ' '; podman exec -u 33 one id -u"
    expect_output "/dev/pts/0 33" in_terminal podman exec -it -u 33 one sh -c 'echo $(tty) $(id -u) >$(tty)'
    expect_status 0 ps -o uid= -p "$(podman inspect one --format '{{.State.Pid}}')"
    expect_equal "the process outside" "${out// /}" 100000
    expect_status 0 podman top one user huser
    expect_text "top" "$out" "100000"
}

case_userns_terminal() {
    expect_output "/dev/pts/0 0 5" in_terminal podman run --rm -it --uidmap 0:100000:65536 --gidmap 0:100000:65536 $image sh -c 'echo $(tty) $(stat -c "%u %g" $(tty))'
}

case_userns_auto() {
    podman run -d --name one --userns auto $image sleep 1000
    podman run -d --name two --userns auto $image sleep 1000
    local one two
    one=$(squeezed podman exec one $maps) two=$(squeezed podman exec two $maps)
    [[ $one == "0 "* && $two == "0 "* ]] || fail "not mapped: $one, $two"
    [[ $one != "$two" ]] || fail "both have the same ids: $one"
    expect_output 2000 sh -c "podman run --rm --userns auto:size=2000 $image $maps | awk '{ print \$3 }'"
}

case_userns_container() {
    podman run -d --name one --uidmap 0:100000:65536 --gidmap 0:100000:65536 $image sleep 1000
    expect_output "$(podman exec one readlink /proc/self/ns/user)" podman run --rm --userns container:one $image readlink /proc/self/ns/user
}

# joined_namespace: the pid of a process in a user namespace where root is 100000, which is neither the owner of the image's
# files nor allowed to search the directories above them.
joined_namespace() {
    unshare --user sleep 4711 &
    wait_for sh -c "readlink /proc/$!/exe | grep sleep && [ \$(readlink /proc/$!/ns/user) != \$(readlink /proc/self/ns/user) ]"
    echo "0 100000 65536" >/proc/$!/uid_map
    echo "0 100000 65536" >/proc/$!/gid_map
    pid=$!
}

# Root of that namespace may make nothing in the image: the files on which Podman mounts its own must be there.
image_with_mount_points() {
    cp -a $image_root $shared/root
    touch $shared/root/etc/hostname $shared/root/etc/resolv.conf $shared/root/run/.containerenv
    mkdir $shared/root/run/secrets
    tar -C $shared/root -c . | podman import -q - with-mount-points
}

case_userns_path() {
    local pid
    image_with_mount_points
    joined_namespace
    expect_output "0 100000 65536" squeezed podman run --rm --userns ns:/proc/$pid/ns/user with-mount-points $maps
    expect_output "$(readlink /proc/$pid/ns/user)" podman run --rm --userns ns:/proc/$pid/ns/user with-mount-points readlink /proc/self/ns/user
    kill $pid
}

case_userns_path_closed() {
    local pid
    image_with_mount_points
    joined_namespace
    chmod 700 /data/storage
    expect_output "0 100000 65536" squeezed podman run --rm --userns ns:/proc/$pid/ns/user with-mount-points $maps
    chmod 711 /data/storage
    kill $pid
}

case_userns_different_maps() {
    local number
    for number in 1 2 3; do
        podman run -d --name box$number --uidmap 0:${number}00000:65536 --gidmap 0:${number}00000:65536 $image sleep 1000
    done
    for number in 1 2 3; do
        expect_output "0 ${number}00000 65536" squeezed podman exec box$number $maps
        expect_output root podman exec box$number stat -c %U /etc/passwd
    done
}

case_userns_host_file() {
    local ranges=(--uidmap 0:1000:1 --uidmap 1:100000:65535 --gidmap 0:1000:1 --gidmap 1:100000:65535)
    touch $shared/file
    chown 0:0 $shared/file
    chmod 600 $shared/file
    expect_output 65534 podman run --rm "${ranges[@]}" -v $shared:/srv $image stat -c %u /srv/file
    expect_status 1 podman run --rm "${ranges[@]}" -v $shared:/srv $image cat /srv/file
    chown 100032 $shared/file
    expect_status 0 podman run --rm "${ranges[@]}" -v $shared:/srv --user 33 $image sh -c 'echo written >/srv/file'
    expect_output written cat $shared/file
}

case_userns_acl() {
    mkdir $shared/acl
    chmod 700 $shared/acl
    setfacl -m u:100033:rwx $shared/acl
    expect_status 0 podman run --rm --uidmap 0:100000:65536 --gidmap 0:100000:65536 -v $shared/acl:/srv --user 33 $image touch /srv/file
    expect_status 1 podman run --rm --uidmap 0:100000:65536 --gidmap 0:100000:65536 -v $shared/acl:/srv --user 1000 $image touch /srv/other
}

case_userns_idmap_volume() {
    local ranges=(--uidmap 0:100000:65536 --gidmap 0:100000:65536)
    mkdir $shared/idmap
    touch $shared/idmap/file
    chown 33:33 $shared/idmap/file
    expect_output 33 podman run --rm "${ranges[@]}" -v $shared/idmap:/srv:idmap $image stat -c %u /srv/file
    expect_status 0 podman run --rm "${ranges[@]}" -v $shared/idmap:/srv:idmap $image touch /srv/new
    expect_output 0 stat -c %u $shared/idmap/new
    expect_output 33 stat -c %u $shared/idmap/file
}

case_userns_host_binary() {
    mkdir $shared/bin
    cp /bin/true $shared/bin/program
    expect_status 1 podman run --rm --uidmap 0:100000:65536 --gidmap 0:100000:65536 -v $shared/bin:/srv $image rm -f /srv/program
    expect_text refused "$err" "Permission denied"
    expect_status 0 podman run --rm --userns host -v $shared/bin:/srv $image rm -f /srv/program
}

case_userns_privileged() {
    expect_output "0 100000 65536" squeezed podman run --rm --privileged --uidmap 0:100000:65536 --gidmap 0:100000:65536 $image $maps
    expect_status 0 podman run --rm --privileged --uidmap 0:100000:65536 --gidmap 0:100000:65536 $image mount -t tmpfs none /mnt
}

case_userns_pod() {
    podman pod create --name pod --uidmap 0:100000:65536 --gidmap 0:100000:65536 --infra-image $image --infra-command "sleep 100000"
    expect_output "0 100000 65536" squeezed podman run --rm --pod pod $image $maps
    podman pod rm -f -t 0 pod
}

case_userns_sysctl() {
    expect_output 300 podman run --rm --uidmap 0:100000:65536 --gidmap 0:100000:65536 --sysctl net.core.somaxconn=300 $image cat /proc/sys/net/core/somaxconn
}

case_userns_limits() {
    expect_output 67108864 podman run --rm --memory 64m --uidmap 0:100000:65536 --gidmap 0:100000:65536 $image sh -c "$(cgroup_value memory memory.limit_in_bytes memory.max)"
}

case_userns_devices() {
    expect_output 4 podman run --rm --device /dev/zero:/dev/my-zero --uidmap 0:100000:65536 --gidmap 0:100000:65536 $image sh -c 'head -c 4 /dev/my-zero | wc -c'
}
