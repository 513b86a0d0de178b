# What `rt check` says of a bundle is what `rt run` does with it. Sourced after lib.bash.

user_map=$(userns 0:100000:65536)
box=$work/box
rootfs=$work/box-rootfs
cases=0

fresh() {  # JQ-FILTER: a bundle of its own with a root file system of its own
    rm -rf "$box" "$rootfs"
    mkdir -p "$box"
    cp -a "$work/rootfs" "$rootfs"
    cp "$work/good/config.json" "$box/config.json"
    [[ -z ${1:-} ]] || change_config box "$1"
}
new_bundle good ".root.path=\"$rootfs\"" >/dev/null

run_it() { status=0; rt run -b "$box" "$prefix-box" >"$work/out" 2>"$work/err" </dev/null || status=$?; err=$(<"$work/err"); }
check_it() { found=0; rt check -b "$box" >"$work/checked" 2>&1 || found=$?; said=$(<"$work/checked"); }

# starts NAME JQ-FILTER [SHELL]: check finds nothing (or, after "warns=1", warnings only), and it starts.
starts() {
    fresh "$2"
    (cd "$rootfs" && eval "${3:-}")
    cases=$((cases + 1)) checks=$((checks + 2))
    check_it
    [[ $found == "${warns:-0}" ]] || fail "$1: check says $found: $said"
    run_it
    [[ $status == 0 ]] || fail "$1: run says $status: $err"
}

# broken NAME JQ-FILTER SHELL FRAGMENT...: check says that it will not start, with each fragment in one finding; and it does not.
broken() {
    local name=$1 fragment
    fresh "$2"
    (cd "$rootfs" && eval "$3")
    shift 3
    cases=$((cases + 1)) checks=$((checks + 2))
    check_it
    [[ $found == 2 && $said == *"error: "*"It will not start." ]] || fail "$name: check says $found: $said"
    for fragment in "$@"; do
        checks=$((checks + 1))
        [[ $said == *"$fragment"* ]] || fail "$name: '$fragment' is not in: $said"
    done
    run_it
    [[ $status == 12[567] ]] || fail "$name: run says $status: $err"
    expect_nothing_left "$prefix-box"
}
