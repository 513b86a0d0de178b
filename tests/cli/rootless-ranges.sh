#!/usr/bin/env bash
# Ranges of /etc/subuid and /etc/subgid, used by an ordinary user: how many there are, what is not theirs, and what is said where
# the helpers or the kernel refuse. In a mount namespace with account files of its own.
source "$(dirname "$0")/lib.bash"
source "$(dirname "$0")/accounts.bash"
[[ -u $(type -P newuidmap) ]] || skip "newuidmap(1) has no set-user-ID bit here"
id=$prefix-ranges

# config JQ-FILTER of the mappings, and one of the rest
mapping() { jq -nc '[$ARGS.positional[] | split(":") | map(tonumber) | {containerID:.[0], hostID:.[1], size:.[2]}]' --args "$@"; }
config() {
    rm -f "$work/user/config.json"
    urt spec --rootless 2>/dev/null
    jq ".process.terminal=false | .linux.uidMappings=$1 | .linux.gidMappings=$1 |
        .process.args=[\"sh\",\"-c\",\"cat /proc/self/uid_map; echo; cat /proc/self/gid_map /proc/self/setgroups\"] | ${2:-.}" \
        "$work/user/config.json" >"$work/config"
    cat "$work/config" >"$work/user/config.json"
}
squeezed() { tr -s ' ' <<<"$out" | sed 's/^ //'; }
nothing_left() { expect_equal "state" "$(ls "$work/run/rt")" ""; }

# Several ranges by name and number, in any order, each an entry; so many that other runtimes lose some.
for number in 1 2 6 20; do
    lines=() entries=(0:12345:1)
    for ((i = 0; i < number; i++)); do
        ((i % 2)) && owner=12345 || owner=anna
        lines=("$owner:$((300000 + i * 1000)):10" "${lines[@]}")
        entries+=("$((1 + i * 10)):$((300000 + i * 1000)):10")
    done
    ranges "# a comment" "berta:100000:65536" "" "${lines[@]}"
    config "$(mapping "${entries[@]}")"
    expect_status 0 urt run "$id"
    expect_equal "$number ranges" "$(squeezed)" "$(printf '%s\n' "${entries[@]//:/ }" '' "${entries[@]//:/ }" allow)"
    nothing_left
done

# Ids of the container are other users for the kernel, and groups can be set.
config "$(mapping 0:12345:1 1:300000:10)" '.process.user={uid:3,gid:4,additionalGids:[5]} | .process.args=["grep","-E","^(Uid|Gid|Groups)","/proc/self/status"]'
expect_status 0 urt run "$id"
expect_equal "ids inside" "$(tr '\t' ' ' <<<"$out" | sed 's/ *$//')" $'Uid: 3 3 3 3\nGid: 4 4 4 4\nGroups: 5'

# The own id amid a range is given to the helper by itself.
ranges "anna:12340:5" "anna:12346:10"
config "$(mapping 0:12340:16)"
expect_status 0 urt run "$id"
expect_equal "own id within" "$(squeezed | head -3)" $'0 12340 5\n5 12345 1\n6 12346 10'

# Ranges that continue each other are one, as newuidmap(1) sees it too.
ranges "anna:300000:10" "anna:300010:10"
config "$(mapping 0:300005:10)"
expect_status 0 urt run "$id"
expect_equal "across two lines" "$(squeezed | head -1)" "0 300005 10"

# What is not the user's is refused before anything is made, with what is.
ranges "# the first line" "anna:300000:10" "berta:400000:10" "12345:500000:20"
for map in 0:300000:11 0:299999:2 0:400000:1 0:0:1; do
    config "$(mapping "$map")"
    expect_status 125 urt run "$id"
    expect_text "$map" "$err" "/linux/uidMappings/0" "300000-300009 (line 2)" "500000-500019 (line 4) of /etc/subuid" \
        "your own uid 12345"
    nothing_left
done
config "$(mapping 0:12345:1 1:300000:10 11:600000:5)"
expect_status 125 urt run "$id"
expect_text "the third entry" "$err" "/linux/uidMappings/2" "uids 600000-600004 are not yours" "usermod --add-subuids 600000-600004 anna"
config "$(mapping 0:300000:10)" '.linux.gidMappings[0].hostID=12345 | .linux.gidMappings[0].size=2'
expect_status 125 urt run "$id"
expect_text "groups" "$err" "/linux/gidMappings/0" "gids 12346" "/etc/subgid" "--add-subgids"

# A line that grants nothing is told and passed over.
ranges "anna:300000:0" "anna:300000" "anna:300000:10"
config "$(mapping 0:300000:10)"
expect_status 0 urt run "$id"
expect_text "useless lines" "$err" "line 1 of /etc/subuid" "grants 0 ids" "line 2 of /etc/subgid" "NAME:FIRST:COUNT"

# Without ranges: the own id, as the config has it; rt spec told about it.
ranges "berta:300000:10"
config "$(mapping 0:12345:1)"
expect_status 0 urt run "$id"
expect_equal "the own id" "$(squeezed)" $'0 12345 1\n\n0 12345 1\ndeny'
expect_equal "not told again" "$(grep -c "single uid" <<<"$err")" 0
ranges
config "$(mapping 0:300000:10)"
expect_status 125 urt run "$id"
expect_text "no ranges" "$err" "only one id" "/etc/subuid gives anna no further" "--add-subuids"

# The helpers: missing, without privileges, refusing.
ranges "anna:300000:10"
config "$(mapping 0:300000:10)"
mkdir "$work/bin" "$work/user/relative"
path=$work/bin expect_status 125 urt run "$id"
expect_text "no helper" "$err" "newuidmap" "not found in \$PATH" "package uidmap"
cp "$(type -P newuidmap)" "$work/user/relative/newuidmap"
path=relative:$work/bin expect_status 125 urt run "$id"
expect_text "relative directories of PATH" "$err" "not found in \$PATH"
for tool in newuidmap newgidmap; do cp "$(type -P "$tool")" "$work/bin/$tool"; done
chmod 755 "$work/bin"/new?idmap
path=$work/bin expect_status 125 urt run "$id"
expect_text "no privileges" "$err" "$work/bin/newgidmap" "newgidmap: write to gid_map failed: Operation not permitted" \
    "neither the set-user-ID bit nor the file capability" "chmod u+s"
nothing_left
chmod u+s "$work/bin"/new?idmap
path=$work/bin expect_status 0 urt run "$id"
chown 12345 "$work/bin/newgidmap" && chmod u+s "$work/bin/newgidmap"
path=$work/bin expect_status 125 urt run "$id"
expect_text "not root's" "$err" "belongs to uid 12345" "chown root"
expect_status 125 user setpriv --no-new-privs "$work/rt" run "$id"
expect_text "no new privileges" "$err" "no_new_privs" "NoNewPrivileges="
printf '#!/bin/sh\necho "one line" >&2; echo "and one more" >&2; exit 3\n' >"$work/bin/newgidmap"
path=$work/bin:$PATH expect_status 125 urt run "$id"
expect_text "its own words" "$err" "one line | and one more"
rm "$work/bin"/new?idmap
if setcap cap_setuid=ep "$work/rt" 2>/dev/null && setcap -r "$work/rt"; then
    for tool in newuidmap newgidmap; do cp "$(type -P "$tool")" "$work/bin/$tool"; chmod 755 "$work/bin/$tool"; done
    setcap cap_setuid=ep "$work/bin/newuidmap" && setcap cap_setgid=ep "$work/bin/newgidmap"
    path=$work/bin expect_status 0 urt run "$id"
    setcap cap_setuid=ep "$work/bin/newgidmap"
    path=$work/bin expect_status 125 urt run "$id"
    expect_text "another capability" "$err" "nor the file capability"
fi

# The switches of the kernel.
limited() { unshare --user --map-root-user --mount --pid --fork --mount-proc sh -c "echo 0 >/proc/sys/user/max_${type}_namespaces && exec \"\$@\"" sh "$@"; }
new_bundle limit "$(userns 0:0:1)" >/dev/null
for type in user pid; do
    expect_status 125 limited "$RT" --root "$work/limited" run -b "$work/limit" "$id"
    expect_text "no $type namespaces" "$err" "ENOSPC" "/proc/sys/user/max_${type}_namespaces is 0" "sysctl user.max_${type}_namespaces"
done

# AppArmor's switch. Only kernels of Ubuntu have it, and none of the test machines does, virtual ones too (Debian's): so a file
# stands in its place. For run, which uses nothing that is mounted over a part of /proc, its words are in unit/host.
jail=$work/jail
"$SOURCE_DIR/bundles/make-rootfs" "$jail"
config "$(mapping 0:12345:1)" '.process.args=["true"]'
cp -r "$work/rt" "$work/user" "$jail"
chmod 777 "$jail/run"
mount -t proc proc "$jail/proc"
mount -t tmpfs tmpfs "$jail/proc/sys/kernel"
in_jail() { chroot --userspec=12345:12345 --groups= "$jail" /bin/sh -c 'cd /user && XDG_RUNTIME_DIR=/run exec /rt "$@"' sh "$@"; }
switch=apparmor_restrict_unprivileged_userns
echo 1 >"$jail/proc/sys/kernel/$switch"
expect_status 2 in_jail check
expect_text "AppArmor" "$out" "error: /proc/sys/kernel/$switch: AppArmor forbids it to programs without a profile" \
    "give rt one with 'userns,'" "sysctl kernel.$switch=0"
echo 0 >"$jail/proc/sys/kernel/$switch"
expect_status 2 in_jail check # chroot(2) forbids user namespaces, too
[[ $out != *AppArmor* ]] || fail "AppArmor allows it: $out"
umount "$jail/proc/sys/kernel" "$jail/proc"

# A rootfs in a home directory that is the user's alone: root of the container is the user, or somebody else.
chmod 700 "$work/user"
config "$(mapping 0:12345:1 1:300000:9)" '.process.args=["true"]'
expect_status 0 urt run "$id"
config "$(mapping 0:300000:10)" '.process.args=["true"]'
expect_status 0 urt run "$id"
chmod 700 "$work/user/rootfs"
expect_status 125 urt run "$id"
expect_text "a rootfs of the user alone" "$err" "$work/user/rootfs" "0700" "300000"
nothing_left

finish
