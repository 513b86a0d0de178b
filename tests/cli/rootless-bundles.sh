#!/usr/bin/env bash
# Every example bundle, by an ordinary user.
source "$(dirname "$0")/lib.bash"
source "$(dirname "$0")/accounts.bash"
source "$(dirname "$0")/rootless-bundles.bash"
ranges "anna:100000:65536"
bundle_directory=$work/user
run_bundles 12345 urt
expect_equal "nothing left" "$(ls "$work/run/rt")" ""
finish
