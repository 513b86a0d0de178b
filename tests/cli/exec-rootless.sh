#!/usr/bin/env bash
# exec without privileges, where the process has to join the pid namespace and clone once more; and as root of a user namespace,
# who may not return to the pid namespace of rt.
source "$(dirname "$0")/lib.bash"
setpriv --reuid 12345 --regid 12345 --clear-groups true || skip "setpriv(1) cannot change the user here"
setpriv --reuid 12345 --regid 12345 --clear-groups unshare --user true 2>/dev/null || skip "user namespaces are switched off for this user"

id=$prefix-exec
same='for n in user pid mnt net ipc uts; do test "$(readlink /proc/1/ns/$n)" = "$(readlink /proc/self/ns/$n)" || echo "other $n"; done'
"$SOURCE_DIR/bundles/make-rootfs" "$work/rootfs"

# exec_tests COMMAND...: the commands that are rt to this user
exec_tests() {
    expect_status 5 "$@" exec "$id" sh -c "id -u; $same; ls /proc/self/fd | wc -l; exit 5"
    expect_equal "user, namespaces, descriptors" "$out" $'0\n4'
    expect_status 143 "$@" exec "$id" sh -c 'kill -TERM $$'
    expect_status 127 "$@" exec "$id" nosuch
    expect_text "missing" "$err" 'executable file not found in $PATH'
    expect_status 125 "$@" exec -u 77 "$id" id
    expect_text "not mapped" "$err" "uid 77 is not mapped"
    expect_status 0 "$@" exec -t "$id" tty
    expect_text "terminal" "$out" /dev/pts/
    expect_status 0 "$@" exec -d --pid-file "$work/user/pid" "$id" sleep 300
    expect_equal "pid file" "$(tr '\0' ' ' <"/proc/$(<"$work/user/pid")/cmdline")" "sleep 300 "
}

mkdir "$work/user"
user() { setpriv --reuid 12345 --regid 12345 --clear-groups env XDG_RUNTIME_DIR="$work/user" "$RT" --root "$work/user/state" "$@"; }
chown -R 12345:12345 "$work/user" "$work/rootfs"
user spec --rootless -b "$work/user"
jq ".process.terminal=false | .root.path=\"$work/rootfs\" | .process.args=[\"sleep\",\"1000\"]" "$work/user/config.json" >"$work/config"
cat "$work/config" >"$work/user/config.json"
expect_status 0 user run -d -b "$work/user" "$id"
exec_tests user
expect_status 125 "$RT" --root "$work/user/state" exec "$id" true
expect_text "the state of another user" "$err" "it belongs to uid 12345"
# The process that stays may be faster than the one before it, which tells who it is.
if strace -o /dev/null true 2>/dev/null; then
    expect_status 6 setpriv --reuid 12345 --regid 12345 --clear-groups env XDG_RUNTIME_DIR="$work/user" strace -f -qq -o /dev/null \
        -e trace=clone3 -e inject=clone3:delay_exit=1000000 "$RT" --root "$work/user/state" exec "$id" sh -c "exit 6"
fi
expect_status 0 user delete --force "$id"

# As root of a user namespace that keeps the pid namespace: a container without and one with a user namespace of its own.
unshare --user --map-root-user --mount --propagation private sleep 1000 &
holder=$!
trap 'kill $holder 2>/dev/null; cleanup' EXIT
for _ in $(seq 100); do [[ $(xargs <"/proc/$holder/uid_map") == "0 0 1" ]] && break; sleep 0.05; done
inner() { nsenter --user --mount --target "$holder" --preserve-credentials "$RT" --root "$work/user/inner" "$@"; }
chown -R 0:0 "$work/user" "$work/rootfs"
mkdir "$work/user/inner"
for maps in . "$(userns 0:0:1)"; do
    rm -rf "$work/box"
    new_bundle box "$maps | .process.args=[\"sleep\",\"1000\"]" >/dev/null
    expect_status 0 inner run -d -b "$work/box" "$id"
    exec_tests inner
    expect_status 0 inner delete --force "$id"
done
finish
