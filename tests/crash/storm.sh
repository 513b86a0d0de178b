#!/usr/bin/env bash
# Sixteen processes give commands on fifty containers at random: no command hangs, all answers are consistent with some order, and
# nothing is left. RT_CRASH=all: for ten minutes; RT_STORM_SECONDS, RT_STORM_SEED otherwise.
source "$(dirname "$0")/lib.bash"
checks=2
"$programs/storm" self-check || fail "answers that contradict each other are not found"
seconds=10
[[ ${RT_CRASH:-} != all ]] || seconds=600
new_bundle sleeper '.process.args=["sleep","1000"]' >/dev/null
mkdir "$work/root"
"$programs/storm" "$RT" "$work/root" "$work/sleeper" "$prefix" "${RT_STORM_SECONDS:-$seconds}" 16 50 "${RT_STORM_SEED:-1}" |
    tee "$work/told" || fail "see above"
expect_equal "what is broken" "$(grep BROKEN "$work/told" || true)" ''
finish
