#!/usr/bin/env bash
# rt ns: the namespaces of the machine and of a container, as /proc has them.
source "$(dirname "$0")/lib.bash"

holders=()
cleanup_all() {
    for pid in ${holders[@]+"${holders[@]}"}; do kill -KILL "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; done
    umount "$work/net" 2>/dev/null || true
    cleanup
}
trap cleanup_all EXIT
inode() { local link; link=$(readlink "$1"); link=${link#*[}; echo "${link%]}"; }
entry() { jq -c --argjson inode "$1" '.namespaces[] | select(.inode==$inode)' <<<"$out"; }
until_true() { for _ in $(seq 200); do "$@" && return; sleep 0.05; done; fail "never true: $*"; }

# A container with a user namespace, and with the network of the host.
new_bundle web "$(userns 0:100000:1000 1000:200000:1) | del(.linux.namespaces[] | select(.type==\"network\")) |
    .process.args=[\"sleep\",\"1000\"] | .mounts |= map(select(.type!=\"sysfs\" and .type!=\"cgroup\"))" >/dev/null
id=$prefix-web
expect_status 0 rt run -d -b "$work/web" "$id"
pid=$(rt state "$id" | jq .pid)
own=$(inode /proc/self/ns/user)
container=$(inode "/proc/$pid/ns/user")

expect_status 0 rt ns --json "$id"
for pair in user:user pid:pid mount:mnt network:net ipc:ipc uts:uts cgroup:cgroup; do
    number=$(inode "/proc/$pid/ns/${pair#*:}")
    expect_equal "type of ${pair#*:}" "$(entry "$number" | jq -r .type)" "${pair%:*}"
    expect_equal "container of ${pair#*:}" "$(entry "$number" | jq -c .containers)" "[\"$id\"]"
done
expect_equal "the user namespace" "$(entry "$container" | jq -c '[.processes,.pid,.ownerUid,.userNamespace,.parent,.own,.command]')" \
    "[1,$pid,0,$own,$own,false,\"sleep 1000\"]"
expect_equal "its uids" "$(entry "$container" | jq -c '.uidMappings | map([.containerID,.hostID,.size])')" "[[0,100000,1000],[1000,200000,1]]"
expect_equal "its gids" "$(entry "$container" | jq -c .gidMappings)" "$(entry "$container" | jq -c .uidMappings)"
expect_equal "who owns its pid namespace" "$(entry "$(inode "/proc/$pid/ns/pid")" | jq -c '[.userNamespace,.parent,.ownerUid]')" \
    "[$container,$(inode /proc/self/ns/pid),0]"
expect_equal "the network is that of the host" "$(entry "$(inode "/proc/$pid/ns/net")" | jq .own)" true
expect_equal "the mount namespace is not" "$(entry "$(inode "/proc/$pid/ns/mnt")" | jq .own)" false

expect_status 0 rt ns "$id"
expect_text "the table" "$out" "TYPE" "0:100000:1000,1000:200000:1" "$id (shared)" "sleep 1000"
expect_status 0 rt ns
expect_text "the table of all" "$out" "$own" "$container" "$id"
expect_equal "the host's are of no container" "$(awk -v n="$own" '$2==n' <<<"$out" | grep -c "$id" || true)" 0
expect_status 0 rt ns --type user --json
expect_equal "types" "$(jq -c '[.namespaces[].type] | unique' <<<"$out")" '["user"]'
expect_status 0 rt ns -t net "$id"
expect_equal "one of a type" "$(tail -n +2 <<<"$out" | awk '{print $1, $2}')" "network $(inode "/proc/$pid/ns/net")"

# A user namespace that only is a parent: its maps are read too.
if setpriv --reuid 300000 --regid 400000 --clear-groups unshare --user true 2>/dev/null; then
    setpriv --reuid 300000 --regid 400000 --clear-groups unshare --user --map-user=7 --map-group=8 \
        unshare --user --map-user=5 --map-group=6 --uts sleep 1000 &
    holder=$!
    holders+=("$holder")
    moved() { [[ $(readlink "/proc/$holder/exe") == */sleep ]]; }
    until_true moved
    child=$(inode "/proc/$holder/ns/user")
    expect_status 0 rt ns --json
    parent=$(entry "$child" | jq .parent)
    expect_equal "the parent" "$(entry "$parent" | jq -c '[.processes,.parent,.ownerUid,.pid,(.uidMappings+.gidMappings|map([.containerID,.hostID,.size]))]')" \
        "[0,$own,300000,null,[[7,300000,1],[8,400000,1]]]"
    expect_equal "the child" "$(entry "$child" | jq -c '[.ownerUid,(.uidMappings+.gidMappings|map([.containerID,.hostID,.size]))]')" \
        "[300000,[[5,300000,1],[6,400000,1]]]"
    expect_status 0 rt ns --tree
    rows=$(grep -A1 -- "- $parent " <<<"$out")
    expect_text "the tree" "$rows" "7:300000:1" "(nobody in sight)" "\`- $child  " "5:300000:1" "uts"
else
    echo "an ordinary user may not make user namespaces here"
fi
expect_status 0 rt ns --tree "$id"
expect_equal "tree of the container" "$(tail -n +2 <<<"$out" | tr -d '\`|-' | awk '{print $1}' | tr '\n' ' ')" "$own $container "

# A namespace that a bind mount keeps: in the own mount namespace, and in another.
touch "$work/net"
unshare --net="$work/net" true
unshare --mount sh -c "touch $work/ipc && unshare --ipc=$work/ipc true && exec sleep 1000" &
holders+=($!)
other=$!
mounted() { grep -q "$work/ipc" "/proc/$other/mountinfo" && [[ $(readlink "/proc/$other/exe") == */sleep ]]; }
until_true mounted
expect_status 0 rt ns --json
kept=$(jq -c --arg path "$work/net" '.namespaces[] | select(any(.mounts[]; .path==$path)) | [.type,.inode,.processes,.userNamespace,.mounts[0]]' <<<"$out")
expect_equal "kept by a mount" "$kept" "[\"network\",$(stat -c %i "$work/net"),0,$own,{\"path\":\"$work/net\"}]"
kept=$(jq -c --arg path "$work/ipc" '.namespaces[] | select(any(.mounts[]; .path==$path)) | [.type,.processes,.userNamespace,.mounts[0].mountNamespace]' <<<"$out")
expect_equal "kept by a mount elsewhere" "$kept" "[\"ipc\",0,$own,$(inode "/proc/$other/ns/mnt")]"
expect_status 0 rt ns --type network
expect_text "in the table" "$out" "(mounted on $work/net)"

# Processes that vanish are no error.
sh -c 'while :; do /bin/true; done' &
holders+=($!)
for _ in 1 2 3 4 5; do expect_status 0 rt ns --json; done

# Without root: what may be seen, and that there is more.
if setpriv --reuid 12345 --regid 12345 --clear-groups true; then
    cp "$RT" "$work/rt"
    chmod 755 "$work/rt"
    expect_status 0 setpriv --reuid 12345 --regid 12345 --clear-groups "$work/rt" --root "$state" ns --json
    expect_equal "its own" "$(entry "$own" | jq -c '[.own,.processes]')" '[true,1]'
    expect_text "the rest" "$err" "may not be looked at by this user" "run rt as root"
    checks=$((checks + 1))
    (($(jq .hiddenProcesses <<<"$out") > 1)) || fail "hidden: $out"
fi

expect_status 1 rt ns --type nets
expect_text "a wrong type" "$err" "no type 'nets'" "network"
expect_status 1 rt ns --tree --json
expect_text "both" "$err" "--tree and --json"
expect_status 1 rt ns --tree --type net
expect_text "both" "$err" "--tree and --type"
expect_status 1 rt ns "$prefix-none"
expect_text "no such container" "$err" "does not exist"
rt kill "$id" KILL
stopped() { [[ $(rt state "$id" | jq -r .status) == stopped ]]; }
until_true stopped
expect_status 1 rt ns "$id"
expect_text "a stopped one" "$err" "does not run"
finish
