#!/usr/bin/env bash
# Without privileges, and as root of a user namespace only: what works, and what is said about the rest.
source "$(dirname "$0")/lib.bash"
setpriv --reuid 12345 --regid 12345 --clear-groups true || skip "setpriv(1) cannot change the user here"

cp "$RT" "$work/rt"
mkdir "$work/run" "$work/user"
"$SOURCE_DIR/bundles/make-rootfs" "$work/user/rootfs"
chown -R 12345:12345 "$work/run" "$work/user"
user() { (cd "$work/user" && setpriv --reuid 12345 --regid 12345 --clear-groups env XDG_RUNTIME_DIR="$work/run" "$@"); }
setting() { jq "$1" "$work/user/config.json" >"$work/new" && cp "$work/new" "$work/user/config.json"; }

user unshare --user true 2>/dev/null || skip "an ordinary user may not make user namespaces here"
user "$work/rt" spec --rootless
setting '.process.terminal=false | .process.args=["sh","-c","id -u; cat /proc/self/uid_map /proc/self/setgroups; test -c /dev/null && echo null"]'
expect_status 0 user "$work/rt" run "$prefix-rootless"
expect_equal "inside" "$(tr -s ' ' <<<"$out")" $'0\n 0 12345 1\ndeny\nnull'
expect_equal "nothing left" "$(ls "$work/run/rt")" ""

# No cgroup: ps goes by the pid namespace.
setting '.process.args=["sh","-c","sleep 1000 & wait"]'
expect_status 0 user "$work/rt" run -d "$prefix-rootless"
pid=$(user "$work/rt" state "$prefix-rootless" | jq .pid)
for _ in $(seq 100); do [[ $(user "$work/rt" ps -f json "$prefix-rootless" | jq length) == 2 ]] && break; sleep 0.05; done
expect_status 0 user "$work/rt" ps "$prefix-rootless"
expect_text "ps" "$out" "$pid" "sleep 1000"
expect_equal "lines of ps" "$(wc -l <<<"$out")" 3
expect_status 0 user "$work/rt" delete --force "$prefix-rootless"
expect_equal "nothing left" "$(ls "$work/run/rt")" ""

# More than the own id needs privileges, and so does the container of root.
setting '.linux.uidMappings=[{containerID:0,hostID:100000,size:65536}]'
expect_status 125 user "$work/rt" run "$prefix-rootless"
expect_text "foreign ids" "$err" "/linux/uidMappings" "only one id" "12345"
expect_equal "nothing left" "$(ls "$work/run/rt")" ""

# As root of a user namespace: a range that does not exist there, and the limit of namespaces.
nested() { unshare --user --map-root-user --mount --pid --fork --mount-proc "$@"; }
new_bundle nested "$(userns 0:100000:65536)" >/dev/null
expect_status 125 nested "$RT" --root "$work/nested-state" run -b "$work/nested" "$prefix-nested"
expect_text "range that does not exist" "$err" "0 100000 65536" "EPERM" "/proc/self/uid_map"
new_bundle limit "$(userns 0:0:1)" >/dev/null
expect_status 125 nested sh -c "echo 0 >/proc/sys/user/max_user_namespaces && exec '$RT' --root '$work/nested-state' run -b '$work/limit' '$prefix-limit'"
expect_text "limit of namespaces" "$err" "ENOSPC" "/proc/sys/user/max_user_namespaces"
expect_equal "nothing left" "$(ls "$work/nested-state")" ""

finish
