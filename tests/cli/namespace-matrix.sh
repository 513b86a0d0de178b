#!/usr/bin/env bash
# Every way in which three types of namespaces can meet, each inherited, new or joined: 81 combinations of all eight, chosen so
# (the rows are words of a linear code over three letters of strength 3), as root, as root of a user namespace, as anybody.
source "$(dirname "$0")/lib.bash"

types=(pid network ipc uts user mount cgroup time)
files=(pid net ipc uts user mnt cgroup time)
links=("${files[@]}" pid_for_children time_for_children)
for file in "${files[@]}"; do [[ -e /proc/self/ns/$file ]] || skip "this kernel has no $file namespaces"; done
combinations() {
    local a b c d
    for a in 0 1 2; do for b in 0 1 2; do for c in 0 1 2; do for d in 0 1 2; do
        echo "$a $b $c $d $(((b + c + d) % 3)) $(((a + c + d) % 3)) $(((a + b + d) % 3)) $(((a + b + c) % 3))"
    done; done; done; done
}

helpers=()
trap 'for helper in "${helpers[@]}"; do kill -KILL "$helper" 2>/dev/null || true; done; cleanup' EXIT
# hold COMMAND...: starts a process in namespaces of its own; its pid is left in $held. It ends with its helper.
hold() {
    "$@" sleep 1000 >/dev/null 2>&1 </dev/null &
    helpers+=($!)
    for _ in $(seq 200); do
        held=${helpers[-1]}
        while child=$(pgrep -P "$held"); do held=$child; done
        [[ $(readlink "/proc/$held/exe") == */sleep ]] && return
        sleep 0.02
    done
    skip "no namespaces of all types can be made here: $*"
}
own_of_every_type=(--fork --kill-child --pid --net --mount --ipc --uts --cgroup --time)
names_of() { readlink "${links[@]/#//proc/$1/ns/}"; }  # PID: in the order of $links

new_bundle matrix '.hostname=null | .process.args=["sleep","1000"] | .linux.maskedPaths=[] | .linux.readonlyPaths=[] | .root.readonly=false | del(.linux.namespaces)' >/dev/null
jq 'del(.hostname) | .mounts=[]' "$work/matrix/config.json" >"$work/base.json"

# configure ROW USER-PATH-PID OTHERS-PID MAP: writes the config of one combination.
configure() {
    local -a how=($1)
    local filter='.linux.namespaces=[' i pid
    for i in "${!types[@]}"; do
        pid=$3
        [[ ${types[i]} == user ]] && pid=$2
        case ${how[i]} in
            1) filter+="{type:\"${types[i]}\"}," ;;
            2) filter+="{type:\"${types[i]}\",path:\"/proc/$pid/ns/${files[i]}\"}," ;;
        esac
    done
    filter="${filter%,}]"
    [[ ${how[4]} == 1 ]] && filter+=" | .linux.uidMappings=[$4] | .linux.gidMappings=[$4]"
    [[ ${how[5]} == 0 ]] || filter+=' | .mounts=[{destination:"/proc",type:"bind",source:"/proc",options:["rbind"]},{destination:"/dev",type:"tmpfs",source:"tmpfs"}]'
    jq "$filter" "$work/base.json" >"$work/matrix/config.json"
}

# expect_namespaces WHAT ROW PID OWN USER-PID OTHERS-PID: each is what was asked for, for the program and for its children.
expect_namespaces() {
    local -a how=($2) is own user others
    local i wanted
    mapfile -t is < <(names_of "$3")
    own=($4)
    mapfile -t user < <(names_of "$5")
    mapfile -t others < <(names_of "$6")
    checks=$((checks + 1))
    [[ ${is[8]#pid:} == "${is[0]#pid:}" && ${is[9]#time:} == "${is[7]#time:}" ]] || fail "$1: $2: children go elsewhere: ${is[*]}"
    for i in "${!types[@]}"; do
        checks=$((checks + 1))
        wanted=${others[i]}
        [[ ${types[i]} == user ]] && wanted=${user[i]}
        case ${how[i]} in
            0) [[ ${is[i]} == "${own[i]}" ]] || fail "$1: $2: ${types[i]} is not inherited: ${is[i]}" ;;
            1) [[ ${is[i]} == "${files[i]}":* && ${is[i]} != "${own[i]}" && ${is[i]} != "${user[i]}" && ${is[i]} != "${others[i]}" ]] ||
                fail "$1: $2: ${types[i]} is not new: ${is[i]}" ;;
            2) [[ ${is[i]} == "$wanted" ]] || fail "$1: $2: ${types[i]} is not joined: ${is[i]}" ;;
        esac
    done
}

# refusal WHO ROW: what is said when the combination cannot be; nothing when it must work.
refusal() {
    local -a how=($2)
    local user=${how[4]} mount=${how[5]} joined=no i
    for i in 0 1 2 3 5 6 7; do [[ ${how[i]} != 2 ]] || joined=yes; done
    case $1 in
        # Mounts can be made only by root of the user namespace that owns the mount namespace.
        root-hosts) [[ $mount == 2 && $user != 0 ]] && echo "which is not the container's" ;;
        root-pods | nested-pods) [[ $mount == 2 && $user == 1 ]] && echo "which is not the container's" ;;
        user-pods)
            if [[ $joined == yes && $user == 0 ]]; then echo "rt does not have CAP_SYS_ADMIN"
            elif [[ $joined == yes && $user == 1 ]]; then echo "which is not the container's"
            elif [[ $user == 0 ]]; then echo "operation not permitted"; fi ;;
    esac
    return 0
}

id=$prefix-matrix
# try_all WHO USER-PID OTHERS-PID MAP RUNNER...: runs every combination, and looks at what came out.
try_all() {
    local row said pid
    while read -r row; do
        configure "$row" "$2" "$3" "$4"
        said=$(refusal "$1" "$row")
        if [[ -n $said ]]; then
            expect_status 125 "${@:5}" run -d -b "$work/matrix" "$id"
            expect_text "$1: $row" "$err" "$said"
            continue
        fi
        expect_status 0 "${@:5}" run -d -b "$work/matrix" "$id"
        expect_equal "$1: $row" "$err" ""
        pid=$("${@:5}" state "$id" 2>/dev/null | jq .pid) || continue
        expect_namespaces "$1" "$row" "$pid" "$own" "$2" "$3"
        expect_status 0 "${@:5}" delete --force "$id"
    done < <(combinations)
    expect_nothing_left "$id"
}

own=$(names_of $$ | tr '\n' ' ')
hold unshare "${own_of_every_type[@]}"
hosts=$held
hold unshare --user "${own_of_every_type[@]}"
pods=$held
echo "0 100000 65536" >"/proc/$pods/uid_map"
echo "0 100000 65536" >"/proc/$pods/gid_map"
wide='{containerID:0,hostID:100000,size:65536}'
try_all root-hosts "$pods" "$hosts" "$wide" rt
try_all root-pods "$pods" "$pods" "$wide" rt

# As root of a user namespace.
network=$(mktemp /tmp/rt-network.XXXXXX)  # not below $work, where no mount may be left
mount --bind "/proc/$hosts/ns/net" "$network"
trap 'umount -l "$network" 2>/dev/null || true; rm -f "$network"; for helper in "${helpers[@]}"; do kill -KILL "$helper" 2>/dev/null || true; done; cleanup' EXIT
hold unshare --user --map-root-user --mount
inside=(nsenter --preserve-credentials --user --mount --target "$held" --)
own=$(names_of "$held" | tr '\n' ' ')
hold "${inside[@]}" unshare --user --map-root-user "${own_of_every_type[@]}"
nested=(env XDG_RUNTIME_DIR="$work" "${inside[@]}" "$RT" --root "$work/nested")
one='{containerID:0,hostID:0,size:1}'
try_all nested-pods "$held" "$held" "$one" "${nested[@]}"

# What the host owns is out of reach there: by /proc, and by a file that was bound to the namespace before.
configure "0 2 0 0 0 1 0 0" 0 "$hosts" "$one"
expect_status 125 "${nested[@]}" run -b "$work/matrix" "$id"
expect_text "the host's namespace" "$err" "/proc/$hosts/ns/net" "permission denied" "ptrace"
change_config matrix ".linux.namespaces[0].path=\"$network\""
expect_status 125 "${nested[@]}" run -b "$work/matrix" "$id"
expect_text "the host's namespace, bound" "$err" "$network" "neither rt's own nor one below it"
umount "$network"

# As an ordinary user.
user=(setpriv --reuid 12345 --regid 12345 --clear-groups)
if "${user[@]}" unshare --user true 2>/dev/null; then
    cp "$RT" "$work/rt"
    install -d -o 12345 -g 12345 "$work/run"
    own=$(names_of $$ | tr '\n' ' ')
    hold "${user[@]}" unshare --user --map-root-user "${own_of_every_type[@]}"
    try_all user-pods "$held" "$held" '{containerID:0,hostID:12345,size:1}' "${user[@]}" env XDG_RUNTIME_DIR="$work/run" "$work/rt"
fi
finish
