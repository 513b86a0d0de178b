#!/usr/bin/env bash
# Podman on rt, as an ordinary user with subordinate ids.
source "$(dirname "$0")/lib.bash"
needs podman conmon newuidmap slirp4netns
source "$SOURCE_DIR/tests/engines/containers.bash"
for file in process isolation storage pods rootless; do source "$SOURCE_DIR/tests/engines/podman/$file.bash"; done

image=rt-test
shared=$work/shared
user_id=1500
home=/data/home

can_freeze() { [[ -e /sys/fs/cgroup/cgroup.controllers ]] || skip_case "without cgroup v2 an ordinary user can freeze nothing"; }
can_bridge() { :; }
has_cgroup() { [[ -e /sys/fs/cgroup/cgroup.controllers ]] || skip_case "without cgroup v2 an ordinary user's container has no cgroup"; }

after_case() {
    remove_all
    nothing_of_rt_left
    nothing_of_podman_left
}

echo "tester:x:$user_id:$user_id::$home:/bin/sh" >>/etc/passwd
printf '%s\n' "tester:x:$user_id:" "further:x:1600:tester" >>/etc/group
echo tester:200000:300000 | tee /etc/subuid >/etc/subgid
mkdir -p $home /run/user/$user_id
chmod 700 $home
write_configuration $home/.config/containers $home/storage /run/user/$user_id/storage
chown -R $user_id:$user_id $home /run/user/$user_id

cat >/usr/local/bin/podman <<END
#!/bin/sh
exec timeout --foreground 60 setpriv --reuid $user_id --regid $user_id --init-groups --inh-caps=-all \\
    env HOME=$home USER=tester XDG_RUNTIME_DIR=/run/user/$user_id /usr/bin/podman "\$@"
END
chmod 755 /usr/local/bin/podman
mkdir -m 777 "$shared"
cd /
podman import --quiet "$image_tar" $image >/dev/null
run_cases
