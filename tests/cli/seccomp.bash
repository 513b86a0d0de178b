# What the tests of the system call filter share.
system_call=$(dirname "$RT")/system_call

# The filter of a bundle: DEFAULT-ACTION [RULE...,RULE] [KEY VALUE]..., as a jq filter.
filter() {
    local seccomp=".linux.seccomp={defaultAction:\"$1\",syscalls:[${2:-}]}"
    shift $(($# > 1 ? 2 : 1))
    while (($#)); do
        seccomp+=" | .linux.seccomp.$1=$2"
        shift 2
    done
    echo "$seccomp"
}

# The process of a bundle is one system call.
call() {
    local argument args='"system_call"'
    for argument in "$@"; do args+=",\"$argument\""; done
    echo ".process.args=[$args]"
}

# With and without a user namespace, as root and not, with and without no_new_privs.
kinds=("host" "host nnp" "host user1000" "host user1000 nnp" "user" "user nnp" "user user1000" "user user1000 nnp")
kind() {
    local filter=.process.noNewPrivileges=false
    [[ $1 != *nnp* ]] || filter=.process.noNewPrivileges=true
    [[ $1 != *user1000* ]] || filter+=' | .process.user={uid:1000,gid:1000}'
    [[ $1 != user* ]] || filter+=" | $(userns 0:100000:65536)"
    echo "$filter"
}

# inside NAME FILTER STATUS OUTPUT: runs the bundle; the output begins with OUTPUT.
inside() {
    rm -rf "${work:?}/$1"
    new_bundle "$1" "$2" >/dev/null
    expect_status "$3" rt run -b "$work/$1" "$prefix-$1"
    checks=$((checks + 1))
    [[ $out == "$4"* && (-n $4 || -z $out) ]] || fail "$1: '$out' instead of '$4' with $2"
    expect_nothing_left "$prefix-$1"
}

"$SOURCE_DIR/bundles/make-rootfs" "$work/rootfs"
cp "$system_call" "$work/rootfs/bin/"
