#!/usr/bin/env bash
# rt map: ids of a bundle, a container, a process and a user's ranges, both ways.
source "$(dirname "$0")/lib.bash"

new_bundle web "$(userns 0:100000:1000 5000:200000:10) | .linux.gidMappings=[{containerID:0,hostID:300000,size:50}] | .process.args=[\"sleep\",\"1000\"]" >/dev/null
cp -a "$work/rootfs" "$work/named"
printf 'root:x:0:0::/:\nwww-data:x:33:33::/:\nlate:x:5000:1::/:\n' >"$work/named/etc/passwd"
printf 'root:x:0:\nstaff:x:50:\n' >"$work/named/etc/group"
change_config web ".root.path=\"$work/named\""
bundle=$work/web
id=$prefix-web
expect_status 0 rt run -d -b "$bundle" "$id"
pid=$(rt state "$id" | jq .pid)

# The kernel is asked whether it is true: a file of that owner, as it shows inside.
touch "$work/named/file"
chown 100033:300049 "$work/named/file"
expect_status 0 rt exec "$id" stat -c %u:%g /file
expect_equal "as the kernel has it" "$out" 33:49
for subject in "$id" "--bundle=$bundle" "--pid=$pid"; do
    expect_status 0 rt map "$subject" 33
    expect_text "33 of $subject" "$out" "uid 33 (www-data) of " " is uid 100033 on the host" "100000 + (33 - 0) = 100033"
    expect_status 0 rt map "$subject" --host 100032
    expect_text "100032 of $subject" "$out" "uid 100032 of the host is uid 32 in " "0 + (100032 - 100000) = 32"
    expect_status 0 rt map "$subject" --gid 49
    expect_text "gid of $subject" "$out" "is gid 300049 on the host"
    expect_status 0 rt map "$subject" late www-data
    expect_text "names of $subject" "$out" "uid 5000 (late)" "uid 200000" "uid 33 (www-data)"
    expect_status 1 rt map "$subject" 0 1000
    expect_text "one is not mapped in $subject" "$out" "uid 100000 on the host" "uid 1000 of " "is not mapped" "0-999, 5000-5009"
    expect_status 1 rt map "$subject" --host root
    expect_text "root of the host" "$out" "uid 0 (root) of the host is not mapped in " "65534"
    expect_status 1 rt map "$subject" --gid 50
    expect_text "past the end" "$out" "gid 50 (staff) of " "is not mapped"
done
expect_status 1 rt map "$id" no-such-user
expect_text "no such name" "$err" "no-such-user" "nor a name in the container"

# Of what a container puts in the place of its accounts nothing is opened that is no file of a sane size.
mv "$work/named/etc/group" "$work/group"
mkfifo "$work/named/etc/group"
expect_status 0 rt map "$id" --gid 49
rm "$work/named/etc/group"
truncate -s 1T "$work/named/etc/group"
expect_status 0 rt map "$id" --gid 49
expect_text "without names" "$out" "gid 49 of container"
mv "$work/group" "$work/named/etc/group"

expect_status 0 rt map "$id"
expect_equal "the table" "$(sed 's/  */ /g' <<<"$out")" "KIND CONTAINER HOST SIZE CONTAINER-NAMES HOST-NAMES
uid 0-999 100000-100999 1000 root,www-data -
uid 1000-4999 not mapped 4000 - -
uid 5000-5009 200000-200009 10 late -
uid 5010-4294967294 not mapped 4294962285 - -
gid 0-49 300000-300049 50 root -
gid 50-4294967294 not mapped 4294967245 staff -"
expect_status 0 rt map "$id" --gid
expect_equal "of groups" "$(tail -n +2 <<<"$out" | cut -d' ' -f1 | sort -u)" gid
expect_status 1 rt map "$id" --json 33 1000
expect_equal "JSON" "$(jq -c '[.of,.ids[].hostID,.ids[0].containerName,.uidMappings[1].containerID,(.gidMappings|length)]' <<<"$out")" \
    "[\"container $id\",100033,null,\"www-data\",5000,1]"

# The bundle in the working directory; one without a user namespace; the caller's own process.
here() { (cd "$bundle" && rt map "$@"); }
expect_status 0 here
expect_text "the bundle here" "$out" "100000-100999"
expect_status 1 here 33
expect_text "a number is no container" "$err" "does not exist" "rt map --bundle . 33"
new_bundle plain . >/dev/null
expect_status 0 rt map -b "$work/plain" 33
expect_text "no user namespace" "$out" "is uid 33 " "every id is itself"
expect_status 0 rt map --pid $$ 33
expect_text "the own one" "$out" "every id is itself"
# A user namespace to be joined.
new_bundle pod ".linux.namespaces += [{type:\"user\",path:\"/proc/$pid/ns/user\"}]" >/dev/null
expect_status 0 rt map -b "$work/pod" 33
expect_text "a joined one" "$out" "uid 100033 on the host"

# The ranges of a user: sorted by start, the first holds id 0; by name and by number (in a mount namespace of their own).
printf 'daemon:700000:100\n1:600000:10\n' >"$work/subuid"
printf 'daemon:800000:5\n' >"$work/subgid"
of_user() {
    unshare --mount sh -c 'touch /etc/subuid /etc/subgid; mount --bind "$1" /etc/subuid && mount --bind "$2" /etc/subgid && shift 2 && exec "$@"' \
        sh "$work/subuid" "$work/subgid" "$RT" map --user "$@"
}
for user in daemon 1; do
    expect_status 0 of_user "$user" 0 9 10
    expect_text "of $user" "$out" "uid 0 of a container with the ranges of daemon is uid 600000" "is uid 600009" "is uid 700000"
    expect_status 0 of_user "$user" --gid --host 800004
    expect_text "gids of $user" "$out" "is gid 4 in"
done
expect_status 1 of_user bin
expect_text "no range" "$err" "/etc/subuid has no range for this user"
expect_status 1 of_user no-such-user
expect_text "no account" "$err" "no such account"

expect_status 1 rt map --pid 1 --user root
expect_text "both" "$err" "--pid and --user"
expect_status 1 rt map --pid 0x1
expect_text "a wrong pid" "$err" "no number of a process"
expect_status 1 rt map --pid 999999999
expect_text "no such process" "$err" "999999999"
change_config web '.linux.uidMappings[0].size=0'
expect_status 1 rt map -b "$bundle"
expect_text "a wrong mapping" "$err" "/linux/uidMappings/0"
rt delete --force "$id"
finish
