# What the tests of id-mapped mounts, of an id-mapped rootfs and of engines share: bundles that are checked and run, and a user
# namespace to be joined. Sourced after lib.bash.
sh_in() { echo ".process.args=[\"sh\",\"-c\",\"$1\"]"; }

mounted='' # whether the test itself has something mounted below its directory
expect_clean() { [[ $mounted ]] || expect_nothing_left "$1"; }

# expect_runs NAME OUTPUT [OPTION...]: rt check passes the bundle, it starts, prints exactly that, and warns of nothing.
expect_runs() {
    local name=$1 wanted=$2 checked=()
    shift 2
    [[ ${1:-} != --idmap-rootfs ]] || checked=(--idmap-rootfs)
    checks=$((checks + 1))
    rt check --json "${checked[@]}" -b "$work/$name" >"$work/check.out" 2>&1 || true
    [[ $(jq .starts "$work/check.out") == true ]] || fail "$name: rt check says: $(<"$work/check.out")"
    expect_status 0 rt run "$@" -b "$work/$name" "$prefix-$name"
    expect_equal "$name" "$out" "$wanted"
    expect_equal "$name: stderr" "$err" ""
    expect_clean "$prefix-$name"
}

# expect_does_not_run NAME FRAGMENT...: rt check says so, and each fragment is in the message of run.
expect_does_not_run() {
    local name=$1
    shift
    expect_status 2 rt check -b "$work/$name"
    expect_status 125 rt run -b "$work/$name" "$prefix-$name"
    expect_text "$name" "$err" "$@"
    expect_clean "$prefix-$name"
}

# hold_user_namespace OPTION...: $peer is in a new one, made with these options of unshare(1), that maps 0-2999 to 200000; it ends
# with $holder.
hold_user_namespace() {
    unshare --user "$@" --fork --kill-child sleep 1000 >/dev/null 2>&1 & # ends by KILL only: unshare --fork ignores TERM
    holder=$!
    disown
    trap 'kill -KILL $holder 2>/dev/null || true; cleanup' EXIT
    for _ in $(seq 100); do
        peer=$(pgrep -P $holder) && [[ $(readlink "/proc/$peer/ns/user") != $(readlink /proc/self/ns/user) ]] && break
        sleep 0.05
    done
    echo "0 200000 3000" >"/proc/$peer/uid_map"
    echo "0 200000 3000" >"/proc/$peer/gid_map"
}
