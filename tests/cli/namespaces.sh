#!/usr/bin/env bash
# Each type of namespace: new without a path, joined with one, the caller's when it is not listed.
source "$(dirname "$0")/lib.bash"

declare -A file=([pid]=pid [network]=net [mount]=mnt [ipc]=ipc [uts]=uts [user]=user [cgroup]=cgroup [time]=time)

# A process with a namespace of its own of every type but user.
unshare --fork --pid --net --mount --ipc --uts --cgroup --time --mount-proc --kill-child sleep 1000 >/dev/null 2>&1 & # ends by KILL only: unshare --fork ignores TERM
holder=$!
trap 'kill -KILL $holder 2>/dev/null; cleanup' EXIT
for _ in $(seq 100); do peer=$(pgrep -P $holder || true); [[ $(readlink "/proc/${peer:-0}/exe") == */sleep ]] && break; sleep 0.05; done

inside() {  # NAME TYPE FILTER: the namespace of that type in a container
    new_bundle "$1" "$3 | .process.args=[\"readlink\",\"/proc/self/ns/${file[$2]}\"]" >/dev/null
    expect_status 0 rt run -b "$work/$1" "$prefix-$1"
}
without() { echo "del(.linux.namespaces[] | select(.type==\"$1\")) | $2"; }
need() {  # what else has to change in the config when a type is not new
    case $1 in
        uts) echo 'del(.hostname)' ;;
        *) echo . ;;
    esac
}

for variant in host user; do
    extra=.
    [[ $variant == user ]] && extra=$(userns 0:100000:65536)
    for type in pid network ipc uts cgroup time; do
        own=$(readlink "/proc/self/ns/${file[$type]}")
        theirs=$(readlink "/proc/$peer/ns/${file[$type]}")
        name=$variant-$type

        inside "new-$name" $type "$(without $type "$extra") | .linux.namespaces += [{type:\"$type\"}]"
        checks=$((checks + 1))
        [[ $out == "${file[$type]}":* && $out != "$own" && $out != "$theirs" ]] || fail "new $name: $out"

        # In a user namespace mqueue needs an ipc namespace of that user namespace.
        config="$(without $type "$extra") | $(need $type)"
        [[ $variant-$type == user-ipc ]] && config+=' | del(.mounts[] | select(.type=="mqueue"))'
        inside "inherited-$name" $type "$config"
        expect_equal "inherited $name" "$out" "$own"

        # Nor has a user namespace a proc of a pid namespace that was made outside of it.
        [[ $variant-$type == user-pid ]] && config+=' | .mounts |= map(if .type=="proc" then {destination:"/proc",type:"bind",source:"/proc",options:["rbind"]} else . end) | .linux.maskedPaths=[] | .linux.readonlyPaths=[]'
        inside "joined-$name" $type "$config | .linux.namespaces += [{type:\"$type\",path:\"/proc/$peer/ns/${file[$type]}\"}]"
        expect_equal "joined $name" "$out" "$theirs"
        expect_nothing_left "$prefix-joined-$name"
    done
done

# A mount namespace: new, and joined by path (the rootfs as seen there).
inside new-mount mount .
checks=$((checks + 1))
[[ $out == mnt:* && $out != $(readlink /proc/self/ns/mnt) ]] || fail "new mount: $out"
inside joined-mount mount ".linux.namespaces |= map(if .type==\"mount\" then .path=\"/proc/$peer/ns/mnt\" else . end)"
expect_equal "joined mount" "$out" "$(readlink "/proc/$peer/ns/mnt")"

# What the container has mounted there goes with it, however it ends; what others have mounted stays.
mounts_there() { nsenter --target "$peer" --mount --pid cat /proc/self/mountinfo | cut -d' ' -f5 | sort | tr '\n' ' '; }
nsenter --target "$peer" --mount mount --bind "$work/rootfs" "$work/rootfs"  # a mount of the same directory at the same place
there=$(mounts_there)
gone() { expect_equal "$1: mounts in the joined namespace" "$(mounts_there)" "$there"; expect_nothing_left "$prefix-joined-mount"; }
gone "after run"
expect_status 0 rt create -b "$work/joined-mount" "$prefix-joined-mount"
checks=$((checks + 1))
[[ $(mounts_there) != "$there" ]] || fail "the rootfs is not mounted in the joined namespace"
expect_status 0 rt delete "$prefix-joined-mount"
gone "after delete of a created one"
change_config joined-mount '.process.args=["sleep","1000"]'
expect_status 0 rt run -d -b "$work/joined-mount" "$prefix-joined-mount"
expect_status 0 rt delete --force "$prefix-joined-mount"
gone "after delete --force"
change_config joined-mount '.process.args=["/no/such"]'
expect_status 127 rt run -b "$work/joined-mount" "$prefix-joined-mount"
gone "after a failure"
# The path may be that of a process that is gone meanwhile.
nsenter --target "$peer" --mount sleep 1000 &
visitor=$!
for _ in $(seq 100); do [[ $(readlink "/proc/$visitor/ns/mnt") == $(readlink "/proc/$peer/ns/mnt") ]] && break; sleep 0.05; done
change_config joined-mount ".process.args=[\"sleep\",\"1000\"] | .linux.namespaces |= map(if .type==\"mount\" then .path=\"/proc/$visitor/ns/mnt\" else . end)"
expect_status 0 rt run -d -b "$work/joined-mount" "$prefix-joined-mount"
kill -KILL $visitor
wait $visitor 2>/dev/null || true
expect_status 0 rt delete --force "$prefix-joined-mount"
gone "after its path is gone"
# rt is killed between the attachment and the record of success.
change_config joined-mount ".linux.namespaces |= map(if .type==\"mount\" then .path=\"/proc/$peer/ns/mnt\" else . end)"
if command -v strace >/dev/null; then
    for call in move_mount:signal=KILL:when=1 move_mount:signal=KILL:when=3 chroot:signal=KILL:when=1; do
        strace -f -qq -o /dev/null -e inject=$call "$RT" --root "$state" create -b "$work/joined-mount" "$prefix-joined-mount" >/dev/null 2>&1 || true
        rt delete --force "$prefix-joined-mount" 2>/dev/null || true
        gone "init killed at $call"
    done
fi
nsenter --target "$peer" --mount umount "$work/rootfs"

# A pod: a user namespace joined by path, with new pid and time namespaces made inside it.
unshare --user --fork --kill-child sleep 1000 >/dev/null 2>&1 & # ends by KILL only: unshare --fork ignores TERM
user_holder=$!
trap 'kill -KILL $holder $user_holder 2>/dev/null; cleanup' EXIT
for _ in $(seq 100); do owner=$(pgrep -P $user_holder || true); [[ -n $owner && $(readlink "/proc/$owner/ns/user") != $(readlink /proc/self/ns/user) ]] && break; sleep 0.05; done
echo "0 100000 65536" >"/proc/$owner/uid_map"
echo "0 100000 65536" >"/proc/$owner/gid_map"
inside pod user ".linux.namespaces += [{type:\"user\",path:\"/proc/$owner/ns/user\"},{type:\"time\"}]"
expect_equal "joined user namespace" "$out" "$(readlink "/proc/$owner/ns/user")"
inside pod-pid pid ".linux.namespaces += [{type:\"user\",path:\"/proc/$owner/ns/user\"}]"
checks=$((checks + 1))
[[ $out == pid:* && $out != $(readlink /proc/self/ns/pid) ]] || fail "new pid in a joined user namespace: $out"
new_bundle pod-one ".linux.namespaces += [{type:\"user\",path:\"/proc/$owner/ns/user\"}] | .process.args=[\"sh\",\"-c\",\"echo \$\$; exit 12\"]" >/dev/null
expect_status 12 rt run -b "$work/pod-one" "$prefix-pod-one"
expect_equal "pid 1 of its own pid namespace" "$out" 1
expect_nothing_left "$prefix-pod-one"

# A file that is none, one of the wrong type, one that is missing.
refused() {  # NAME PATH FRAGMENT...
    new_bundle "$1" ".linux.namespaces |= map(if .type==\"network\" then .path=\"$2\" else . end)" >/dev/null
    expect_status 125 rt run -b "$work/$1" "$prefix-$1"
    expect_text "$1" "$err" "${@:2}"
    expect_nothing_left "$prefix-$1"
}
refused not-a-namespace /etc/passwd "no namespace"
refused missing "$work/none" "no such file or directory"
refused wrong-type "/proc/$peer/ns/ipc" "of the type ipc"

# The one that rt is in: like none, and what needs one says so.
new_bundle own ".hostname=\"web\" | .linux.namespaces |= map(if .type==\"uts\" then .path=\"/proc/$$/ns/uts\" else . end)" >/dev/null
expect_status 125 rt run -b "$work/own" "$prefix-own"
expect_text "own namespace" "$err" /hostname "/proc/$$/ns/uts" "the one that rt itself runs in" "remove its path"
expect_nothing_left "$prefix-own"

finish
