# What the attacks share, on top of the helpers of cli/: a host that must not change, images that mean harm, and races.
# A script runs in a mount namespace of its own, whose mounts are shared among each other as those of a host are: whatever a
# container mounts outside of itself shows there, and nowhere else.
[[ $EUID == 0 ]] || { echo "skipped: these tests need root"; exit 77; }
[[ -n ${RT_OWN_MOUNTS:-} ]] || exec env RT_OWN_MOUNTS=1 unshare --mount --propagation slave bash "$0" "$@"
mount --make-rshared /
source "${SOURCE_DIR:?top of the checkout}/tests/cli/lib.bash"

programs=${RT_PROGRAMS:-$(dirname "$RT")}  # exchange, trespass, ...
rounds=${RT_SECURITY_ROUNDS:-50}
plain=.                            # no user namespace
mapped=$(userns 0:100000:65536)    # one whose root is nobody on the host
same=$(userns 0:0:65536)           # one whose root is root of the host: what it is not refused, it could do

# A directory of the host with what an attack would like to have. Its times are old, so that each change shows.
host=$work/host
mkdir -p "$host/dir/sub" "$host/empty"
for name in canary ptmx null console passwd dir/file exec; do echo "of the host: $name" >"$host/$name"; done
chmod 640 "$host/canary"
chown 12345:12346 "$host/canary"
find "$host" -exec touch -h -d '2001-02-03 04:05:06' {} +

# Cgroups of the host, next to those of containers, with a process in each.
sleep 1000 &
canary_process=$!
canary_cgroups=()
for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/pids /sys/fs/cgroup/memory /sys/fs/cgroup/devices; do
    [[ -e $hierarchy/cgroup.procs ]] || continue
    mkdir "$hierarchy/$prefix-canary" && canary_cgroups+=("$hierarchy/$prefix-canary")
    echo $canary_process >"$hierarchy/$prefix-canary/cgroup.procs"
done
helpers=()
end_security() {
    local pid directory
    for pid in "${helpers[@]}" $canary_process; do kill -KILL "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; done
    for directory in "${canary_cgroups[@]}"; do
        for _ in {1..100}; do rmdir "$directory" 2>/dev/null && break; sleep 0.02; done
    done
    cleanup
}
trap end_security EXIT

look_at_host() {
    find "$host" -printf '%P %y %m %U:%G %n %s %T@ %C@ %l\n' | sort
    find "$host" -type f -exec sha256sum {} + | sort
    cat /proc/self/mountinfo
    for directory in "${canary_cgroups[@]}"; do
        find "$directory" -type d
        (cd "$directory" && head -n 100 cgroup.procs pids.max memory.max memory.limit_in_bytes devices.list 2>/dev/null) || true
        cat "$(dirname "$directory")/release_agent" 2>/dev/null || true
    done
}
host_before=$(look_at_host)

# expect_host_unharmed WHAT
expect_host_unharmed() {
    checks=$((checks + 1))
    local now
    now=$(look_at_host)
    [[ $now == "$host_before" ]] || fail "$1: the host has changed: $(diff <(echo "$host_before") <(echo "$now") || true)"
    host_before=$now
}

# A small image: copies of it are made all the time.
make_small_image() {
    "$SOURCE_DIR/bundles/make-rootfs" "$work/rootfs"
    mkdir "$work/small"
    (cd "$work/rootfs" && cp -a --parents bin/busybox etc/passwd etc/group etc/os-release "$work/small")
    (cd "$work/small" && mkdir -m 1777 tmp && mkdir dev home mnt proc root run srv sys var && touch etc/hosts etc/resolv.conf)
    for applet in sh cat grep ls id true sleep env touch mkdir mount umount awk sed readlink head wc stat kill mknod dd test sort; do
        ln -s busybox "$work/small/bin/$applet"
    done
}

# image NAME: a root file system of its own, for its directory: $work/NAME-image, whose path is in $image.
image() {
    image=$work/$1-image
    [[ -d $work/small ]] || make_small_image
    rm -rf "$image"
    cp -a "$work/small" "$image"
}

# hostile_bundle NAME FILTER: the default config with $image, changed by the filter.
hostile_bundle() {
    [[ -e $work/default/config.json ]] || { mkdir "$work/default" && "$RT" spec --bundle "$work/default"; }
    mkdir -p "$work/$1"
    jq ".process.terminal=false | .root.path=\"$image\" | .root.readonly=false | .process.args=[\"true\"] | $2" \
        "$work/default/config.json" >"$work/$1/config.json"
}

# assault NAME FILTER [OPTION...]: runs a bundle with $image, whatever comes of it ($status, $out, $err), but a hang or a mistake
# of rt. What the image and the caller can bring about is neither.
assault() {
    local name=$1 filter=$2
    shift 2
    hostile_bundle "$name" "$filter"
    status=0
    timeout 60 "$RT" --root "$state" run "$@" -b "$work/$name" "$prefix-$name" >"$work/out" 2>"$work/err" </dev/null || status=$?
    out=$(tr -d '\0' <"$work/out") err=$(<"$work/err")
    checks=$((checks + 1))
    [[ $status != 124 && $status != 134 && $status != 139 && $err != *"a mistake in rt"* ]] || fail "$name: status $status: $err"
    [[ " $* " == *" -d "* ]] || expect_nothing_left "$prefix-$name"
}

# without_text WHAT TEXT FRAGMENT...: none of them stands in it.
without_text() {
    local what=$1 text=$2 fragment
    shift 2
    for fragment in "$@"; do
        checks=$((checks + 1))
        [[ $text != *"$fragment"* ]] || fail "$what: '$fragment' is in: $text"
    done
}

# race COMMAND...: in the background, until the end or stop_race, which finds it still at work.
race() { "$@" & helpers+=($!); }
stop_race() {
    local pid
    for pid in "${helpers[@]}"; do
        checks=$((checks + 1))
        kill -0 "$pid" 2>/dev/null || fail "what raced has ended before"
        kill -KILL "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true
    done
    helpers=()
}

# With words, only the cases of these names.
run_cases() {  # DEFAULT-CASE... -- WORD...
    local cases=() name
    while [[ $1 != -- ]]; do cases+=("$1"); shift; done
    shift
    (($# == 0)) || cases=("$@")
    for name in "${cases[@]}"; do
        "$name"
        expect_host_unharmed "$name"
    done
    finish
}
