#!/usr/bin/env bash
# Buildah on rt, as root: RUN in builds, and its containers by `buildah run`.
source "$(dirname "$0")/lib.bash"
needs buildah iptables
source "$SOURCE_DIR/tests/engines/containers.bash"

image=rt-test
shared=$work/shared
context=$shared/context
buildah() { timeout 60 buildah "$@"; }
export BUILDAH_ISOLATION=oci BUILDAH_RUNTIME=/usr/local/bin/rt

after_case() {
    buildah rm -a
    find "$shared" -mindepth 1 -delete
    mkdir "$context"
    nothing_of_rt_left
    nothing_of_podman_left
}

# containerfile LINE...: a context with these lines after the image's.
containerfile() { printf '%s\n' "FROM $image" "$@" >"$context/Containerfile"; }

container() { buildah from --name "$@" $image; }

case_run() {
    container one
    expect_output hello buildah run one -- echo hello
    expect_status 0 buildah run one -- sh -c 'echo kept >/kept'
    expect_output kept buildah run one -- cat /kept
}

case_run_exit_codes() {
    container one
    expect_status 3 buildah run one -- sh -c 'exit 3'
    expect_status 1 buildah run one -- no-such-program
    expect_text message "$err" 'executable file not found in $PATH'
    expect_status 1 buildah run one -- /etc/passwd
    expect_text message "$err" "permission denied"
}

case_run_terminal() {
    container one
    expect_output "/dev/pts/0" in_terminal buildah run -t one -- tty
}

case_run_stdin() {
    container one
    expect_output "from outside" sh -c 'echo from outside | timeout 60 buildah run --isolation oci --runtime /usr/local/bin/rt one -- cat'
}

case_run_user() {
    container one
    expect_output "33 33" buildah run --user www-data one -- sh -c 'echo $(id -u) $(id -g)'
    expect_output "33 1000" buildah run --user 33:1000 one -- sh -c 'echo $(id -u) $(id -g)'
}

case_run_environment() {
    container one
    buildah config --env A=1 --workingdir /var one
    expect_output "1 2 /var" buildah run --env B=2 one -- sh -c 'echo $A $B $(pwd)'
}

case_run_volume() {
    container one
    echo outside >"$shared/file"
    expect_output outside buildah run -v "$shared:/srv" one -- cat /srv/file
    expect_status 1 buildah run -v "$shared:/srv:ro" one -- touch /srv/new
    expect_output here buildah run --mount "type=tmpfs,destination=/scratch" one -- sh -c 'echo here >/scratch/file; cat /scratch/file'
}

case_run_capabilities() {
    container one
    expect_output 0000000000000000 buildah run --cap-drop ALL one -- awk '/CapBnd/ { print $2 }' /proc/self/status
    expect_status 0 buildah run --cap-add CAP_SYS_ADMIN one -- mount -t tmpfs none /mnt
}

case_run_hostname() {
    container one
    expect_output box buildah run --hostname box one -- hostname
}

case_run_network() {
    container one
    expect_status 0 buildah run --network host one -- readlink /proc/self/ns/net
    expect_equal "the host's" "$out" "$(readlink /proc/self/ns/net)"
    buildah from --network none --name two $image
    expect_output lo buildah run two -- ls /sys/class/net
}

case_run_seccomp() {
    container one
    expect_output 2 buildah run one -- awk '/^Seccomp:/ { print $2 }' /proc/self/status
    container two --security-opt seccomp=unconfined
    expect_output 0 buildah run two -- awk '/^Seccomp:/ { print $2 }' /proc/self/status
}

case_run_limits() {
    container one --memory 64m
    if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
        expect_output 67108864 buildah run one -- cat /sys/fs/cgroup/memory.max
    else
        expect_output 67108864 buildah run one -- cat /sys/fs/cgroup/memory/memory.limit_in_bytes
    fi
    container two --ulimit nofile=512:512
    expect_output 512 buildah run two -- sh -c 'ulimit -n'
}

case_run_user_namespace() {
    container one --userns-uid-map 0:100000:65536 --userns-gid-map 0:100000:65536
    expect_output "0 100000 65536" sh -c "timeout 60 buildah run --isolation oci --runtime /usr/local/bin/rt one -- cat /proc/self/uid_map | awk '{ \$1 = \$1; print }'"
    expect_output "33" buildah run --user 33 one -- id -u
    expect_output "root" buildah run one -- stat -c %U /etc/passwd
}

case_run_user_namespace_ranges() {
    container one --userns-uid-map 0:1000:1 --userns-uid-map 1:100000:65535 --userns-gid-map 0:1000:1 --userns-gid-map 1:100000:65535
    expect_output "0 1000 1 1 100000 65535" buildah run one -- sh -c 'echo $(cat /proc/self/uid_map)'
    mkdir -m 777 "$shared/data"
    expect_status 0 buildah run -v "$shared/data:/srv" one -- sh -c 'touch /srv/root'
    expect_output 1000 stat -c %u "$shared/data/root"
}

case_build() {
    echo copied >"$context/file"
    containerfile 'COPY file /srv/file' 'RUN echo "$(id -u) $(pwd)" >/srv/run' 'USER 33' 'WORKDIR /tmp' 'RUN echo "$(id -u) $(pwd)" >/tmp/run'
    expect_status 0 buildah bud -t built "$context"
    buildah from --name one built
    expect_output $'copied\n0 /\n33 /tmp' buildah run one -- cat /srv/file /srv/run /tmp/run
}

case_build_multi_stage() {
    printf '%s\n' "FROM $image AS first" 'RUN echo made >/made' "FROM $image" 'COPY --from=first /made /taken' 'RUN test "$(cat /taken)" = made' >"$context/Containerfile"
    expect_status 0 buildah bud -t built "$context"
}

case_build_failure() {
    containerfile 'RUN exit 9'
    expect_status 9 buildah bud "$context"
    containerfile 'RUN ["/no/such/program"]'
    expect_status 1 buildah bud "$context"
    expect_text message "$err" "no such file or directory"
}

case_build_arguments() {
    containerfile 'ARG VERSION' 'RUN echo "$VERSION" >/version'
    expect_status 0 buildah bud --build-arg VERSION=7 -t built "$context"
    buildah from --name one built
    expect_output 7 buildah run one -- cat /version
}

case_build_secret() {
    echo hush >"$shared/secret"
    containerfile "RUN --mount=type=secret,id=one cat /run/secrets/one >/seen"
    expect_status 0 buildah bud --secret "id=one,src=$shared/secret" -t built "$context"
    buildah from --name one built
    expect_output hush buildah run one -- cat /seen
}

case_build_bind_mount() {
    echo bound >"$context/file"
    containerfile "RUN --mount=type=bind,source=file,target=/bound cat /bound >/seen"
    expect_status 0 buildah bud -t built "$context"
    buildah from --name one built
    expect_output bound buildah run one -- cat /seen
}

# Buildah leaves the root directory itself to the host's root.
case_build_user_namespace() {
    containerfile 'RUN cat /proc/self/uid_map >/tmp/map; touch /tmp/of-root; touch /tmp/of-www; chown 33 /tmp/of-www'
    expect_status 0 buildah bud --userns-uid-map 0:100000:65536 --userns-gid-map 0:100000:65536 -t built "$context"
    buildah from --name one built
    expect_output "0 100000 65536" buildah run one -- sh -c 'echo $(cat /tmp/map)'
    expect_output "0 33" buildah run one -- sh -c 'echo $(stat -c %u /tmp/of-root /tmp/of-www)'
}

case_build_in_parallel() {
    local number
    for number in 1 2 3; do
        mkdir "$shared/$number"
        printf '%s\n' "FROM $image" "RUN echo $number >/number" >"$shared/$number/Containerfile"
        timeout 60 buildah bud -t "built$number" "$shared/$number" &
    done
    wait
    for number in 1 2 3; do
        buildah from --name "box$number" "built$number"
        expect_output "$number" buildah run "box$number" -- cat /number
    done
}

write_configuration /etc/containers /data/storage /run/containers/storage
mkdir -p "$context"
from=$(buildah from scratch)
buildah add "$from" "$image_tar" / >/dev/null
buildah config --env PATH=/bin --cmd sh "$from"
buildah commit -q "$from" $image >/dev/null
buildah rm "$from" >/dev/null
run_cases
