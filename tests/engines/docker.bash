# What the tests of Docker share: daemons with rt as their runtime, all data in memory, and a look at what is left.
# A test sources it after lib.bash.

# Another program may be called docker elsewhere.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin
export DOCKER_BUILDKIT=0
# On a busy machine a daemon takes its time.
case_limit=$((300 * patience))
wait_limit=$((60 * patience))

daemon_runs() { kill -0 "$(<"/run/$1.pid")" 2>/dev/null; }

# start_docker [NAME [JQ-FILTER [WRAPPER...]]]: a daemon whose socket is /run/NAME.sock, with the configuration changed by the
# filter. Once more: with the same data.
start_docker() {
    local name=${1:-docker} filter=${2:-.}
    jq -n --arg name "$name" '{
        runtimes: {rt: {path: "/usr/local/bin/rt"}}, "default-runtime": "rt",
        "data-root": "/data/\($name)", "exec-root": "/run/\($name)", pidfile: "/run/\($name).pid",
        hosts: ["unix:///run/\($name).sock"], "log-level": "warn"
    } | '"$filter" >"/run/$name.json"
    # Not in the process group of a case, which may end before the daemon.
    setsid "${@:3}" dockerd --config-file "/run/$name.json" >>"$work/$name.log" 2>&1 &
    wait_for docker -H "unix:///run/$name.sock" version
}

stop_docker() {  # [NAME [SIGNAL]]
    local name=${1:-docker} pid
    pid=$(<"/run/$name.pid")
    kill -s "${2:-TERM}" "$pid"
    while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
    rm -f "/run/$name.pid"
}

import_image() {  # [NAME]: the image of busybox, called base
    docker -H "unix:///run/${1:-docker}.sock" import -c 'ENV PATH=/bin' "$image_tar" base >/dev/null
}

inspect() { docker inspect --format "$2" "$1"; }  # NAME TEMPLATE
is_running() { [[ $(inspect "$1" '{{.State.Running}}') == true ]]; }
has_ended() { [[ $(inspect "$1" '{{.State.Status}}') == exited ]]; }
logged() { [[ $(docker logs "$1" 2>&1) == *"$2"* ]]; }  # NAME TEXT

# control_file NAME V1-CONTROLLER V1-FILE V2-FILE: prints what the container's cgroup has in a file, as the host sees it.
control_file() {
    local pid path
    pid=$(inspect "$1" '{{.State.Pid}}')
    path=$(sed -nE "s/^[0-9]+:([^:]*,)?$2(,[^:]*)?:(.*)/\\3/p" "/proc/$pid/cgroup")
    if [[ -n $path ]]; then
        cat "/sys/fs/cgroup/$2$path/$3"
    else
        cat "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$pid/cgroup")/$4"
    fi
}

remove_all() {
    local names
    names=$(docker ps -aq)
    # shellcheck disable=SC2086  # a list of ids
    [[ -z $names ]] || docker rm --force --volumes $names >/dev/null
    docker network prune --force >/dev/null
    docker volume prune --force >/dev/null
}

nothing_of_docker_left() {  # [NAME]
    local left
    left=$(find "/run/${1:-docker}" -path '*/moby/*' -name state.json 2>/dev/null || true)
    [[ -z $left ]] || fail "state is left: $left"
    left=$(find /sys/fs/cgroup -path '*/docker/*' -type d || true)
    [[ -z $left ]] || fail "cgroups are left: $left"
    left=$(grep -E "/(merged|rootfs|shm) " /proc/self/mounts | grep -F "/${1:-docker}" || true)
    [[ -z $left ]] || fail "mounts are left: $left"
    left=$(pgrep -ax 'containerd-shim|rt|docker-init' || true)
    [[ -z $left ]] || fail "processes are left: $left"
}

after_case() {
    daemon_runs docker || fail "dockerd has ended: $(tail -n 20 "$work/docker.log")"
    remove_all
    nothing_of_docker_left
}
