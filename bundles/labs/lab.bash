# What the labs share: a place of their own, containers made of bundles/userns, and output that tells who did what.
# A lab sources this and talks by say, host, user and inside.
set -euo pipefail
export LC_ALL=C
umask 022

labs=$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)
rt_binary=${RT:-$labs/../../build/release/rt}
# Others may walk to what a lab shares, and to nothing else.
work=$(mktemp -d "${TMPDIR:-/tmp}/rt-lab.XXXXXX")
chmod 711 "$work"
helpers=()     # processes of the host that a lab has started
run_options=() # more of them for rt run

rt() { "$rt_binary" --root "$work/state" "$@"; }

cleanup() {
    local id pid
    for id in $(rt list -q 2>/dev/null); do rt delete --force "$id" >/dev/null 2>&1 || true; done
    for pid in "${helpers[@]}"; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true; done
    cd /
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Without it the lab has nothing to show here.
skip() { echo "skipped: $*"; exit 77; }
((EUID == 0)) || { echo "this lab needs root: sudo $0" >&2; exit 1; }
[[ -x $rt_binary ]] || { echo "rt is not built yet: tests/build release rt" >&2; exit 1; }
"$labs/../../tests/packages" demo

say() { printf '\n%s\n' "$*" | fold -s -w 100 | sed 's/ $//'; }
# Ids of containers are the lab's own, so that none of another name is in the way; told are the names.
id_of() { echo "$1.lab-$$"; }
answer() { sed "s/\.lab-$$//g; s/^/    /"; }

# host COMMAND: by the host's root, in the directory of the lab; shown with its output. It may fail: that is an answer too.
host() {
    printf '  host# %s\n' "$1"
    (cd "$work" && sh -c "$1" 2>&1 || true) | answer
}
# user UID COMMAND: the same by a user of the host.
user() {
    printf '  host, as %s$ %s\n' "$1" "$2"
    (cd "$work" && setpriv --reuid "$1" --regid "$1" --clear-groups sh -c "$2" 2>&1 || true) | answer
}
# inside CONTAINER UID COMMAND: by a user of a container, as the container counts.
inside() {
    printf '  %s, as %s%s %s\n' "$1" "$2" "$([[ $2 == 0 ]] && echo '#' || echo '$')" "$3"
    (rt exec --user "$2:$2" "$(id_of "$1")" sh -c "$3" 2>&1 </dev/null || true) | answer
}

# A root file system of the lab's own.
make_rootfs() { "$labs/../make-rootfs" "$work/$1"; }

# volume SOURCE DESTINATION: a directory of the lab in the container, as a filter for container.
volume() { echo ".mounts += [{destination:\"$2\",type:\"bind\",source:\"$work/$1\",options:[\"rbind\"]}]"; }

# container NAME FILTER MAPPING...: starts one that waits, with these mappings (inside:outside:count) for uids and gids; the
# filter changes its config.json.
container() {
    local name=$1 filter=$2
    shift 2
    mkdir -p "$work/bundles/$name"
    jq --arg rootfs "$work/rootfs" --arg name "$name" '
        ($ARGS.positional | map(split(":") | map(tonumber) | {containerID: .[0], hostID: .[1], size: .[2]})) as $map
        | .linux.uidMappings = $map | .linux.gidMappings = $map | .hostname = $name
        | .root = {path: $rootfs} | .process.env = ["PATH=/bin:/usr/bin"] | .process.args = ["sleep", "100000"]
        | '"$filter" "$labs/../userns/config.json" --args "$@" >"$work/bundles/$name/config.json"
    printf '  host# rt run -d %s    (mapping %s)\n' "${run_options[*]:+${run_options[*]} }$name" "$*"
    rt run -d "${run_options[@]}" -b "$work/bundles/$name" "$(id_of "$name")" >"$work/bundles/$name/log" 2>&1 </dev/null ||
        { answer <"$work/bundles/$name/log"; exit 1; }
}
# end CONTAINER
end() { rt delete --force "$(id_of "$1")"; }
# ids_of_processes CONTAINER: as the host sees them
ids_of_processes() {
    local pid
    printf '  host# stat -c %%u /proc/PID    (of each process of %s)\n' "$1"
    for pid in $(rt ps -f json "$(id_of "$1")" | jq '.[]'); do stat -c %u "/proc/$pid"; done | sort -u | answer
}

# For labs about sockets: a program (see there) for the host, in the lab's directory, and for containers, with the host's Python.
make_peer() { # ROOTFS
    [[ -x /usr/bin/python3 ]] || skip "no /usr/bin/python3 here: both sides of the socket are written in it"
    local dir
    peer_mounts='.'
    for dir in /usr /lib /lib64; do
        [[ -d $dir ]] || continue
        mkdir -p "$work/$1$dir"
        peer_mounts+=" | .mounts += [{destination:\"$dir\",type:\"bind\",source:\"$dir\",options:[\"rbind\",\"ro\"]}]"
    done
    cp "$labs/peer" "$work/"
    cp "$labs/peer" "$work/$1/"
}
wait_for_socket() { # in the lab's directory
    local tries
    for ((tries = 0; tries < 200; tries++)); do
        if [[ -S $work/$1 ]]; then return; fi
        sleep 0.05
    done
    echo "lab: gave up waiting for the socket $1" >&2
    exit 1
}
