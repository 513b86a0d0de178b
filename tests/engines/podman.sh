#!/usr/bin/env bash
# Podman on rt, as root.
source "$(dirname "$0")/lib.bash"
needs podman conmon iptables setfacl
source "$SOURCE_DIR/tests/engines/containers.bash"
for file in process isolation storage pods resources userns; do source "$SOURCE_DIR/tests/engines/podman/$file.bash"; done

image=rt-test
shared=$work/shared

can_freeze() { :; }
can_bridge() { :; }
has_cgroup() { :; }
podman() { timeout 60 podman "$@"; }

after_case() {
    remove_all
    nothing_of_rt_left
    nothing_of_podman_left
}

write_configuration /etc/containers /data/storage /run/containers/storage
# For --userns auto.
echo 'containers:x:990:990::/nonexistent:/bin/false' >>/etc/passwd
echo 'containers:500000:400000' >>/etc/subuid
echo 'containers:500000:400000' >>/etc/subgid
podman import --quiet "$image_tar" $image >/dev/null
mkdir "$shared"
run_cases
