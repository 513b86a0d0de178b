# What the tests of the built rt share: a place of their own, bundles, and checks that say what was expected.
# A test sources this; RT and SOURCE_DIR come from ctest.
set -euo pipefail
: "${RT:?path of the rt binary}" "${SOURCE_DIR:?top of the checkout}"

work=$(mktemp -d /tmp/rt-test.XXXXXX)
chmod 755 "$work"
state=$work/state
prefix=rt-test-$$
failures=0
checks=0

cleanup() {
    local id
    for id in $("$RT" --root "$state" list -q 2>/dev/null); do "$RT" --root "$state" delete --force "$id" || true; done
    rm -rf "$work"
}
trap cleanup EXIT

rt() { "$RT" --root "$state" "$@"; }

skip() { echo "skipped: $*"; exit 77; }
[[ $EUID == 0 ]] || skip "these tests need root"

# sanitized WHAT: whether rt is built with the sanitizers, which cannot have that: the caller leaves it out then.
sanitized() { [[ -n ${RT_SANITIZED:-} ]] && echo "skipped: not under the sanitizers: $*"; }

fail() { failures=$((failures + 1)); echo "FAILED: $*" >&2; }
finish() { echo "$checks checks, $failures failed"; ((failures == 0)); exit; }

# new_bundle NAME [JQ-FILTER]: a bundle with the default config, no terminal, changed by the filter.
new_bundle() {
    local dir=$work/$1
    mkdir -p "$dir"
    "$SOURCE_DIR/bundles/make-rootfs" "$work/rootfs"
    "$RT" spec --bundle "$dir"
    change_config "$1" ".process.terminal=false | .root.path=\"$work/rootfs\" | .process.args=[\"true\"] | ${2:-.}"
    echo "$dir"
}

# change_config NAME JQ-FILTER
change_config() {
    jq "$2" "$work/$1/config.json" >"$work/$1/config.new"
    mv "$work/$1/config.new" "$work/$1/config.json"
}

# A user namespace with these mappings (container:host:size ...), as a filter for change_config.
userns() {
    local maps='' entry
    for entry in "$@"; do
        IFS=: read -r container host size <<<"$entry"
        maps+="{containerID:$container,hostID:$host,size:$size},"
    done
    echo ".linux.namespaces += [{type:\"user\"}] | .linux.uidMappings=[${maps%,}] | .linux.gidMappings=[${maps%,}]"
}

# expect_status WANTED COMMAND...: leaves the output in $out and the errors in $err.
expect_status() {
    local wanted=$1 status=0
    shift
    checks=$((checks + 1))
    "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
    out=$(<"$work/out") err=$(<"$work/err")
    [[ $status == "$wanted" ]] || { fail "'$*': status $status instead of $wanted; out: $out; err: $err"; return 0; }
}

# expect_text WHAT TEXT FRAGMENT...: each fragment stands in the text.
expect_text() {
    local what=$1 text=$2 fragment
    shift 2
    for fragment in "$@"; do
        checks=$((checks + 1))
        [[ $text == *"$fragment"* ]] || fail "$what: '$fragment' is not in: $text"
    done
}

expect_equal() {
    checks=$((checks + 1))
    [[ $2 == "$3" ]] || fail "$1: '$2' instead of '$3'"
}

# expect_refused FILTER FRAGMENT...: a bundle changed so is refused, each fragment is in the message, and nothing remains.
expect_refused() {
    rm -rf "${work:?}/refused"
    new_bundle refused "$1" >/dev/null
    expect_status 125 rt run -b "$work/refused" "$prefix-refused"
    expect_text "$1" "$err" "${@:2}"
    expect_nothing_left "$prefix-refused"
}

# expect_inside NAME FILTER FRAGMENT...: a bundle changed so runs, prints each fragment, and nothing remains.
expect_inside() {
    local name=$1 filter=$2
    shift 2
    rm -rf "${work:?}/$name"
    new_bundle "$name" "$filter" >/dev/null
    expect_status 0 rt run -b "$work/$name" "$prefix-$name"
    expect_text "$name" "$out" "$@"
    expect_nothing_left "$prefix-$name"
}

# Nothing of a container may remain: state, cgroup, process, mount.
expect_nothing_left() {
    local id=$1 left
    checks=$((checks + 1))
    [[ ! -e $state/$id ]] || fail "state directory of $id is left"
    left=$(find /sys/fs/cgroup -maxdepth 3 -type d -name "$id" 2>/dev/null || true)
    [[ -z $left ]] || fail "cgroups are left: $left"
    left=$(grep -F "$work" /proc/self/mountinfo || true)
    [[ -z $left ]] || fail "mounts are left: $left"
}
