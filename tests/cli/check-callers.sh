#!/usr/bin/env bash
# Who runs `rt check`, and where, makes no difference to what it is worth: what it says is what `rt run` does then.
source "$(dirname "$0")/lib.bash"
source "$(dirname "$0")/accounts.bash"

box=$work/user
options=()
config() { (cd "$box" && rm -f config.json && "$RT" spec && jq ".process.terminal=false | .process.args=[\"true\"] | $1" config.json >new && mv new config.json && chmod 644 config.json); }

# agree NAME fails|starts FRAGMENT... -- COMMAND...: run by the command, check and run say so both.
agree() {
    local name=$1 wanted=$2 fragments=() said found=0 status=0
    shift 2
    while [[ $1 != -- ]]; do fragments+=("$1") && shift; done
    shift
    checks=$((checks + 2))
    said=$("$@" "${options[@]}" check 2>&1 </dev/null) || found=$?
    "$@" "${options[@]}" run "$prefix-box" >"$work/out" 2>&1 </dev/null || status=$?
    if [[ $wanted == starts ]]; then
        [[ $found == [01] ]] || fail "$name: check says $found: $said"
        [[ $status == 0 ]] || fail "$name: run says $status: $(<"$work/out")"
    else
        [[ $found == 2 ]] || fail "$name: check says $found: $said"
        [[ $status == 12[567] ]] || fail "$name: run says $status: $(<"$work/out")"
    fi
    expect_text "$name" "$said" "${fragments[@]}"
}
here() { (cd "$box" && exec "$RT" --root "$state" "$@"); }
# As root of a user namespace that maps one id.
without_mounts() { (cd "$box" && exec unshare --user --map-root-user "$RT" --root "$work/inside" "$@"); }
inside() { (cd "$box" && exec unshare --user --map-root-user --mount --pid --fork --mount-proc "$RT" --root "$work/inside" "$@"); }
mkdir "$work/inside"

# --- an ordinary user ---
ranges "anna:300000:10"
own=$(userns 0:12345:1)
config "$own"
agree "her own id" starts -- urt
config "$(userns 0:12345:1 1:300000:9)"
agree "her ranges" starts -- urt
config .
agree "a privileged config" fails "CAP_SYS_ADMIN" "rt spec --rootless" -- urt
config "$(userns 0:400000:10)"
agree "ids of nobody" fails "uids 400000-400009" "usermod" -- urt
config "$own | .process.rlimits=[{type:\"RLIMIT_NOFILE\",soft:10,hard:4000000}]"
agree "a limit above her own" fails "RLIMIT_NOFILE" "CAP_SYS_RESOURCE" -- urt
config "$own | .process.oomScoreAdj=-500"
agree "an oom score below her own" fails "oom_score_adj" -- urt
config "$own | .process.scheduler={policy:\"SCHED_FIFO\",priority:10}"
agree "a real-time policy" fails "SCHED_FIFO" "CAP_SYS_NICE" -- urt
config "$own | .process.scheduler={policy:\"SCHED_OTHER\",nice:-5}"
agree "a nice value below her own" fails "CAP_SYS_NICE" -- urt
config "$own | .process.ioPriority={class:\"IOPRIO_CLASS_RT\",priority:0}"
agree "a real-time I/O class" fails "IOPRIO_CLASS_RT" -- urt
config "$own | .process.rlimits=[{type:\"RLIMIT_NOFILE\",soft:10,hard:4000000},{type:\"RLIMIT_CORE\",soft:1,hard:1},{type:\"RLIMIT_NICE\",soft:1,hard:40}] | .process.oomScoreAdj=-500 | .process.scheduler={policy:\"SCHED_FIFO\",priority:10}"
agree "each refusal of the kernel, not the first one alone" fails RLIMIT_NOFILE RLIMIT_NICE "oom_score_adj" "SCHED_FIFO" -- urt
config "$own | .linux.sysctl={\"net.ipv4.ip_forward\":\"yes\"}"
agree "a value that a parameter does not take" fails "net.ipv4.ip_forward" -- urt
config "$own | .linux.resources={pids:{limit:10}}"
agree "a limit without a cgroup" fails "cgroup" -- urt
config "$own | .mounts += [{destination:\"/tmp\",type:\"bind\",source:\"$box/rootfs/bin\",options:[\"bind\",\"idmap\"]}]"
agree "an id-mapped mount" fails "CAP_SYS_ADMIN" -- urt
mkdir -p "$box/private/source" && chmod 700 "$box/private" && chown -R 12345:12345 "$box/private"
config "$(userns 0:300000:10) | .mounts += [{destination:\"/tmp\",type:\"bind\",source:\"$box/private/source\",options:[\"bind\"]}]"
agree "her own source, closed to root of her container" fails "'$box/private'" "host uid 300000" "mode 0700" -- urt
config "$own | .mounts += [{destination:\"/tmp\",type:\"bind\",source:\"$box/private/source\",options:[\"bind\"]}]"
agree "her own source, and she is root of her container" starts -- urt
mkdir "$work/bin" && for tool in newuidmap newgidmap; do cp "$(type -P $tool)" "$work/bin/$tool" && chmod 755 "$work/bin/$tool"; done
config "$(userns 0:300000:10)"
path=$work/bin agree "helpers without privileges" fails "newgidmap" "chmod u+s" -- urt

# --- a root directory that is not hers ---
config "$own"
mkdir -m 755 "$work/closed"
options=(--root "$work/closed/state")
agree "a root directory that she may not make" fails "$work/closed" "--root" -- urt
options=()

options=(--root "$work/run/open")
mkdir -m 777 "$work/run/open" && chown 12345:12345 "$work/run/open" && chmod 777 "$work/run/open"
agree "a root directory that others may write" fails "others than its owner" "chmod go-w" -- urt
options=()

# --- inside of a user namespace ---
config "$(userns 0:0:1)"
agree "a mapping inside of another one" starts -- inside
agree "in a user namespace without a mount namespace" starts -- without_mounts
config "$(userns 0:100000:65536)"
agree "ids that the outer one does not have" fails 100000 -- inside
config "$(userns 0:0:1) | .mounts += [{destination:\"/tmp\",type:\"tmpfs\",options:[\"uid=5\"]}]"
agree "an owner that is not mapped" fails "user 5" -- inside

# --- cgroups ---
config "$(userns 0:100000:65536)"
options=(--cgroup-manager disabled)
agree "no cgroups" starts -- here
config "$(userns 0:100000:65536) | .linux.resources={pids:{limit:10}}"
agree "limits and no cgroups" fails "cgroup" -- here
options=()
group=$(find /sys/fs/cgroup -maxdepth 1 -name pids)
if [[ -w $group ]]; then
    mkdir "$group/$prefix-used"
    sleep 1000 &
    sleeper=$!
    echo $sleeper >"$group/$prefix-used/cgroup.procs"
    config "$(userns 0:100000:65536) | .linux.cgroupsPath=\"/$prefix-used\""
    agree "a cgroup that others are in" fails "$prefix-used" -- here
    kill $sleeper && wait $sleeper 2>/dev/null || true
    rmdir "$group/$prefix-used"
fi

# --- namespaces of others ---
"${as_user[@]}" unshare --user --net --map-root-user --kill-child sleep 1000 &
other=$!
until [[ $(readlink "/proc/$other/ns/net") != $(readlink /proc/self/ns/net) && -n $(<"/proc/$other/uid_map") ]]; do sleep 0.05; done
joined=".linux.namespaces |= map(if .type==\"network\" then .path=\"/proc/$other/ns/net\" else . end) | .mounts |= map(select(.type!=\"sysfs\"))"
config "$own | $joined"
agree "a network of a user namespace that is not the container's" fails "network namespace" -- urt
config "$joined | .linux.namespaces += [{type:\"user\",path:\"/proc/$other/ns/user\"}]"
agree "with that user namespace" starts -- here
config "$joined | .linux.namespaces += [{type:\"user\",path:\"/proc/$other/ns/user\"}] | .process.user={uid:5,gid:0}"
agree "a user that it does not have" fails /process/user/uid -- here
config "$joined | .linux.sysctl={\"net.ipv4.ip_forward\":\"1\"}"
before=$(nsenter --target "$other" --user --net cat /proc/sys/net/ipv4/conf/all/forwarding)
(cd "$box" && "$RT" --root "$state" check >/dev/null 2>&1) || true
expect_equal "check changes no network of others" "$(nsenter --target "$other" --user --net cat /proc/sys/net/ipv4/conf/all/forwarding)" "$before"
kill -KILL "$other" && wait "$other" 2>/dev/null || true

finish
