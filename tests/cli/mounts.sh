#!/usr/bin/env bash
# rt mounts add|remove: in containers with and without a user namespace; all or nothing; nothing of the host gets in by the way.
source "$(dirname "$0")/lib.bash"

id=$prefix-mounts
mkdir "$work/files" "$work/files/below"
echo of-the-host >"$work/files/text"
chmod 711 "$work"
list=$work/mounts.json
mounts() { rt mounts "$1" "$id" "$list"; }
inside() { rt exec "$id" sh -c "$1"; }
mountinfo() { inside "awk '{ print \$5, \$6 }' /proc/self/mountinfo"; }

for variant in host user; do
    maps=.
    [[ $variant == host ]] || maps=$(userns 0:100000:65536)
    [[ $variant == host ]] || chown 100000:100000 "$work/rootfs" "$work/rootfs/run"
    rm -rf "$work/box"
    new_bundle box "$maps | .root.readonly=false | .process.args=[\"sleep\",\"1000\"]" >/dev/null
    expect_status 0 rt run -d -b "$work/box" "$id"
    mountinfo >"$work/before"

    # A directory, a file, a tmpfs with a mount point in it, relative to the bundle, the mount points made on the way.
    cat >"$list" <<END
[{"destination": "/run/files", "type": "bind", "source": "$work/files", "options": ["bind", "ro", "nosuid"]},
 {"destination": "/run/text", "source": "../files/text", "options": ["bind"]},
 {"destination": "/run/memory", "type": "tmpfs", "source": "tmpfs", "options": ["ro", "size=4m", "mode=700"]},
 {"destination": "/run/memory/deep/er", "type": "bind", "source": "$work/files/below", "options": ["rbind"]}]
END
    expect_status 0 mounts add
    expect_equal "$variant: it is silent" "$out$err" ""
    expect_status 0 inside 'cat /run/files/text /run/text; stat -f -c %T /run/memory; stat -c "%a %u" /run/memory; ls /run/memory/deep'
    expect_equal "$variant: the mounts" "$out" $'of-the-host\nof-the-host\ntmpfs\n700 0\ner'
    expect_status 1 inside 'touch /run/files/new'
    expect_text "$variant: read-only" "$err" "Read-only"
    expect_status 1 inside 'touch /run/memory/new'
    expect_text "$variant: read-only in the end" "$err" "Read-only"
    expect_text "$variant: attributes" "$(mountinfo)" "/run/files ro,nosuid"
    expect_equal "$variant: not on the host" "$(grep -c "$work/rootfs/run" /proc/self/mountinfo || true)" 0

    expect_status 0 mounts remove
    expect_equal "$variant: the mounts of before" "$(mountinfo)" "$(<"$work/before")"
    expect_status 1 mounts remove
    expect_text "$variant: nothing there" "$err" "cannot take away the mount on '/run/files': nothing is mounted there"

    # The last one fails: the others go again. A file as well as a directory.
    cat >"$list" <<END
[{"destination": "/run/files", "type": "bind", "source": "$work/files", "options": ["bind"]},
 {"destination": "/run/text", "type": "bind", "source": "$work/files/text", "options": ["bind"]},
 {"destination": "/run/none/x", "type": "tmpfs", "source": "tmpfs", "options": ["size=nonsense"]}]
END
    expect_status 1 mounts add
    expect_text "$variant: which one" "$err" "mount 2 (tmpfs on /run/none/x)" "size"
    expect_equal "$variant: all or nothing" "$(mountinfo)" "$(<"$work/before")"

    # Taken away is the one on top; an end in between changes nothing.
    echo '[{"destination": "/run/memory", "type": "tmpfs"}]' >"$list"
    expect_status 0 mounts add
    expect_status 0 mounts add
    echo '[{"destination": "/run/memory"}, {"destination": "/run/absent"}]' >"$list"
    expect_status 1 mounts remove
    expect_text "$variant: what is missing" "$err" "/run/absent" "no such file or directory"
    expect_equal "$variant: two are there" "$(mountinfo | grep -c ' */run/memory ')" 2
    echo '[{"destination": "/run/memory"}, {"destination": "/run/memory"}]' >"$list"
    expect_status 0 mounts remove
    expect_equal "$variant: both are gone" "$(mountinfo)" "$(<"$work/before")"

    # Links of the image lead nowhere but into the rootfs, be it as a destination or as a source.
    inside "ln -s /../../../../..$work/files /run/link"
    echo '[{"destination": "/run/link", "type": "tmpfs"}]' | rt mounts add "$id" - || fail "$variant: standard input"
    expect_equal "$variant: the file of the host" "$(<"$work/files/text")" of-the-host
    expect_text "$variant: where it is" "$(mountinfo)" "$work/files "
    echo '[{"destination": "/run/link"}]' >"$list"
    expect_status 0 mounts remove
    echo "[{\"destination\": \"/run/bound\", \"type\": \"bind\", \"source\": \"$work/rootfs/run/link\", \"options\": [\"bind\"]}]" >"$list"
    expect_status 0 mounts add
    expect_status 1 inside "cat /run/bound/text"
    expect_status 0 mounts remove
    inside 'rm /run/link'

    while IFS=@ read -r mount reason; do
        echo "[$mount]" >"$list"
        expect_status 1 mounts add
        expect_text "$variant: $mount" "$err" "$reason"
    done <<'END'
{"destination": "/run/proc", "type": "proc"}@it would show the processes of the caller
{"destination": "/run/cgroup", "type": "cgroup"}@/mounts/0': cgroups are mounted by create only
{"destination": "/run/over", "type": "overlay", "options": ["lowerdir=/etc:/bin"]}@a file system of the type 'overlay' is made by create only
{"destination": "/tmp", "options": ["remount", "ro"]}@it changes one that exists
{"destination": "/", "type": "tmpfs"}@its destination is the root directory
{"destination": "/run/x", "type": "bind", "source": "/no/such", "options": ["bind"]}@no such file or directory
{"destination": 5}@/0/destination
END
    expect_equal "$variant: refused ones leave nothing" "$(mountinfo)" "$(<"$work/before")"

    # The kernel lets nobody freeze or start what stands still here: mounts need no process of the container.
    expect_status 0 rt pause "$id"
    echo '[{"destination": "/run/memory", "type": "tmpfs"}]' >"$list"
    expect_status 0 mounts add
    expect_status 0 rt resume "$id"
    expect_status 0 inside 'stat -f -c %T /run/memory'
    expect_equal "$variant: mounted while paused" "$out" tmpfs
    rt delete --force "$id"
done

# Ids of a volume as the container has them.
rm -rf "$work/box"
new_bundle box "$(userns 0:100000:65536) | .root.readonly=false | .process.args=[\"sleep\",\"1000\"]" >/dev/null
expect_status 0 rt run -d -b "$work/box" "$id"
chown 5:6 "$work/files/below"
echo "[{\"destination\": \"/run/mapped\", \"type\": \"bind\", \"source\": \"$work/files\", \"options\": [\"bind\", \"idmap\"]}]" >"$list"
if rt mounts add "$id" "$list" 2>"$work/err"; then
    expect_status 0 inside 'stat -c %u:%g /run/mapped/below'
    expect_equal "an id-mapped volume" "$out" 5:6
else
    expect_text "an id-mapped volume" "$(<"$work/err")" "does not support id-mapped mounts"
fi
rt kill "$id" KILL
while [[ $(rt state "$id" | jq -r .status) != stopped ]]; do sleep 0.05; done
echo '[]' >"$list"
expect_status 1 mounts add
expect_text "a stopped container" "$err" "container not running"
rt delete "$id"
expect_status 1 mounts add
expect_text "no container" "$err" "container does not exist"
expect_status 1 rt mounts change "$id" "$list"
expect_text "neither" "$err" "cannot understand 'change': it is neither add nor remove"

# Without a mount namespace everybody would see it.
new_bundle bare '.mounts=[] | .root.readonly=false | del(.linux.maskedPaths, .linux.readonlyPaths) | del(.linux.namespaces[] | select(.type=="mount")) | .process.args=["sleep","1000"]' >/dev/null
expect_status 0 rt run -d -b "$work/bare" "$id"
echo '[{"destination": "/run/memory", "type": "tmpfs"}]' >"$list"
expect_status 1 mounts add
expect_text "no mount namespace" "$err" "it has no mount namespace of its own"
expect_status 0 rt delete --force "$id"
expect_nothing_left "$id"
finish
