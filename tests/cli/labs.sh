#!/usr/bin/env bash
# The labs of bundles/labs: each prints what stands in its file `expected`, and leaves nothing behind.
source "$(dirname "$0")/lib.bash"

labs=$SOURCE_DIR/bundles/labs
export TMPDIR=$work
for run in "$labs"/*/run; do
    lab=$(basename "$(dirname "$run")")
    grep -qF "| \`$lab\` |" "$labs/README.md" || fail "$lab is not in the list of README.md"
    status=0
    output=$("$run" 2>&1 </dev/null) || status=$?
    if ((status == 77)); then
        echo "$lab: $output"
        continue
    fi
    expect_equal "$lab: status" "$status" 0
    checks=$((checks + 1))
    difference=$(diff -u --label "expected of $lab" --label output "$labs/$lab/expected" - <<<"$output") || fail "$difference"
    expect_equal "$lab: left behind" "$(ls -A "$work")" ""
    expect_equal "$lab: processes left behind" "$(pgrep -f "$work/rt-lab" || true)" ""
    expect_nothing_left "$lab"
done
((checks > 0)) || fail "no lab was tried"
finish
