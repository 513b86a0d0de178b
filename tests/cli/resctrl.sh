#!/usr/bin/env bash
# Without a mounted resctrl; what happens with one is tested in root/rdt, against a file system that behaves like it.
source "$(dirname "$0")/lib.bash"

# This machine's own may be mounted: not in these mounts.
without_resctrl() { unshare --mount --propagation private bash -c 'umount -a -t resctrl && exec "$@"' - "$@"; }

for value in '{}' '{closID:"gold"}' '{closID:"/",enableMonitoring:true}' '{schemata:["L3:0=f"]}'; do
    new_bundle none ".linux.intelRdt=$value" >/dev/null
    expect_status 125 without_resctrl "$RT" --root "$state" run -b "$work/none" "$prefix-none"
    expect_text "$value" "$err" "/linux/intelRdt" "no resctrl file system is mounted" "hint: "
    expect_nothing_left "$prefix-none"
    rm -rf "$work/none"
done

finish
