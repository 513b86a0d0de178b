#!/usr/bin/env bash
# The first command of the README in a fresh root of Debian 12, with nothing but the checkout: the demo, which builds rt. Needs root,
# debootstrap and the Debian mirror; takes some ten minutes.
#   CCACHE_DIR=DIR    the compilers' cache there is used
source "$(dirname "$0")/lib.bash"
command -v git >/dev/null || skip "git is not installed"

fresh
git -c safe.directory='*' clone -q --no-hardlinks "$SOURCE_DIR" "$work/root/root/rt" 2>"$work/log" || skip "this is no git checkout: $(<"$work/log")"
if [[ -n ${CCACHE_DIR:-} ]]; then
    mkdir -p "$work/root/ccache"
    share=$CCACHE_DIR:/ccache
    export CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_DIR=/ccache CCACHE_BASEDIR=/root CCACHE_NOHASHDIR=1
    expect "ccache" inside sh -c 'apt-get update -qq && apt-get install -y -qq --no-install-recommends ccache'
fi

expect "the demo" inside bash -c 'cd /root/rt && exec ./bundles/demo'
tail -n 12 "$work/log"
expect "what it has built" inside /root/rt/build/release/rt --version
expect_equal "mounts" "$(grep -F "$work" /proc/self/mountinfo || true)" ""
echo "$checks checks, $failures failed"
((failures == 0))
