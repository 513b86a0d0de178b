# What the tests of real container engines share. A test sources this, names with `needs` what must be installed, sets the
# engine up (with rt as its runtime) and ends with `run_cases`: each function case_NAME is a case, in the order in which
# they stand in the file. With words, only the cases of those names are run:  tests/engines/podman.sh exec exec_tty
# Everything from here on runs in a sandbox (see there) that ends with the script. RT and SOURCE_DIR come from ctest.
set -euo pipefail
: "${RT:?path of the rt binary}" "${SOURCE_DIR:?top of the checkout}"

skip() { echo "skipped: $*"; exit 77; }
[[ $EUID == 0 ]] || skip "these tests need root"

needs() {  # PROGRAM...
    local program missing=()
    for program in "$@"; do command -v "$program" >/dev/null || missing+=("$program"); done
    ((${#missing[@]} == 0)) || skip "not installed: ${missing[*]} (tests/packages engines)"
}

[[ -n ${IN_SANDBOX:-} ]] || exec "$SOURCE_DIR/tests/engines/sandbox" "$(realpath "$0")" "$@"

selected=("$@")
work=/data/test
mkdir -p "$work"
chmod 755 /data "$work"
mkfifo "$work/nobody"
patience=${PATIENCE:-1}  # on a slow machine (an emulated one) everything may take so many times as long
case_limit=$((90 * patience))  # seconds
wait_limit=$((20 * patience))

# image_root: the directory of a root file system of static busybox; image_tar: a tar archive of it. Users: root, www-data (33),
# user (1000).
image_root=$work/rootfs
image_tar=$work/rootfs.tar
"$SOURCE_DIR/bundles/make-rootfs" "$image_root"
tar -C "$image_root" -cf "$image_tar" .

# --- within a case: whatever fails ends it ---

fail() { echo "$*" >&2; exit 1; }
skip_case() { echo "$*" >"$work/reason"; exit 77; }

# expect_status WANTED COMMAND...: leaves the output in $out and the errors in $err.
expect_status() {
    local wanted=$1 status=0
    shift
    "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
    out=$(<"$work/out") err=$(<"$work/err")
    [[ $status == "$wanted" ]] || fail "'$*': status $status instead of $wanted; out: $out; err: $err"
}

# expect_output WANTED COMMAND...: it succeeds, and prints exactly that.
expect_output() {
    local wanted=$1
    shift
    expect_status 0 "$@"
    # A terminal's lines end in CR LF.
    out=${out//$'\r'/}
    [[ $out == "$wanted" ]] || fail "'$*': printed '$out' instead of '$wanted'; err: $err"
}

# expect_text WHAT TEXT FRAGMENT...: each fragment stands in the text.
expect_text() {
    local what=$1 text=$2 fragment
    shift 2
    for fragment in "$@"; do [[ $text == *"$fragment"* ]] || fail "$what: '$fragment' is not in: $text"; done
}

expect_equal() { [[ $2 == "$3" ]] || fail "$1: '$2' instead of '$3'"; }

# wait_for COMMAND...: until it succeeds.
wait_for() {
    local limit=$((SECONDS + wait_limit))
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < limit)) || fail "in vain waited for: $*"
        sleep 0.1
    done
}

# in_terminal COMMAND...: with a terminal of 33 lines and 77 columns as its stdin, stdout and stderr; what comes out of it
# is printed. Nobody types anything: script(1) passes on the end of a file, but not that of a fifo without one.
in_terminal() { script -qec "stty rows 33 cols 77; $(printf '%q ' "$@")" /dev/null <>"$work/nobody"; }

# --- the run ---

# An engine's script overrides it: removes what a case has made, and fails when something is left behind.
after_case() { :; }

nothing_of_rt_left() {
    local left
    left=$(find /run/rt "/run/user/"*/rt -mindepth 1 -maxdepth 1 ! -name '.*' 2>/dev/null || true)
    [[ -z $left ]] || fail "state directories are left: $left"
    left=$(pgrep -ax rt || true)
    [[ -z $left ]] || fail "processes of rt are left: $left"
}

# apart LOG COMMAND...: in a process group of its own, so that what hangs ends as a whole; leaves $status. It must not be
# called where a failure is asked for (if, ||), or the failing commands of a case would not end it.
apart() {
    local pid watch log=$1
    shift
    set -m
    (
        set -e
        "$@"
    ) >"$log" 2>&1 </dev/null &
    pid=$!
    (sleep $case_limit && echo "took longer than $case_limit s" >>"$log" && kill -KILL -- -$pid) 2>/dev/null &
    watch=$!
    set +m
    status=0
    wait $pid 2>/dev/null || status=$?
    kill -KILL -- -$watch 2>/dev/null || true
    wait $watch 2>/dev/null || true
}

run_cases() {
    local name names result status cases=0 failed=0 skipped=0 start
    shopt -s extdebug
    mapfile -t names < <(declare -F | awk '$3 ~ /^case_/ { print $3 }' | while read -r name; do declare -F "$name"; done |
        sort -k3,3 -k2,2n | awk '{ sub(/^case_/, "", $1); print $1 }')
    shopt -u extdebug
    ((${#selected[@]} == 0)) || names=("${selected[@]}")
    for name in "${names[@]}"; do
        cases=$((cases + 1)) start=$EPOCHREALTIME
        apart "$work/log" "case_$name"
        result=$status
        apart "$work/after" after_case
        case $result,$status in
            77,0) skipped=$((skipped + 1)) && echo "skip  $name: $(<"$work/reason")" ;;
            0,0) echo "ok    $name ($((${EPOCHREALTIME/./} / 1000 - ${start/./} / 1000)) ms)" ;;
            *)
                failed=$((failed + 1))
                echo "FAIL  $name"
                sed 's/^/      /' "$work/log"
                [[ $status == 0 ]] || sed 's/^/      afterwards: /' "$work/after"
                ;;
        esac
    done
    echo "$(basename "$0" .sh): $cases cases, $failed failed, $skipped skipped"
    ((failed == 0))
}
