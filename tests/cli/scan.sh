#!/usr/bin/env bash
# rt scan: what it says of files is what the container sees of them.
source "$(dirname "$0")/lib.bash"
trap 'umount "$work/data/mounted" "$work/tmpfs" 2>/dev/null || true; cleanup' EXIT

# A rootfs of the container's own ids, and a directory with files of several owners.
new_bundle web "$(userns 0:100000:1000)" >/dev/null
cp -a "$work/rootfs" "$work/own"
chown -hR 100000:100000 "$work/own"
change_config web ".root.path=\"$work/own\" | .mounts += [{destination:\"/data\",type:\"bind\",source:\"$work/data\",options:[\"rbind\"]}]"
mkdir -p "$work/data/good" "$work/data/bad/deep" "$work/own/data"
chown -R 100000:100000 "$work/data" "$work/own/data"
chown 0:0 "$work/data/bad" "$work/data/bad/deep"
for owner in 100000:100000 100999:100999; do touch "$work/data/good/$owner" && chown "$owner" "$work/data/good/$owner"; done
for owner in 0:0 99999:100000 100000:101000 5:5; do touch "$work/data/bad/deep/$owner" && chown "$owner" "$work/data/bad/deep/$owner"; done
ln -s /nowhere "$work/data/bad/link"
data() { jq -c ".trees[] | select(.path==\"$work/data\") | $1" <<<"$out"; }
scan() { expect_status "$1" rt scan -b "$work/web" --json "${@:2}"; }

scan 1
expect_equal "the rootfs" "$(jq -c '.trees[0] | [.name,.idMapped,.unmapped,.directories,.fixes]' <<<"$out")" '["rootfs",false,0,[],[]]'
expect_equal "how many" "$(jq .trees[0].entries <<<"$out")" "$(find "$work/own" | wc -l)"
expect_equal "of the data" "$(data '[.entries,.unmapped,.setId,.capabilities,.unreadable]')" '[11,7,0,0,0]'
expect_equal "where" "$(data .directories)" \
    "[{\"path\":\"$work/data/bad\",\"below\":true,\"entries\":7,\"unmapped\":7,\"setId\":0,\"capabilities\":0}]"
expect_equal "whose" "$(data '.owners | map([.kind,.id,.count])')" \
    '[["uid",0,4],["uid",5,1],["uid",99999,1],["gid",0,4],["gid",5,1],["gid",101000,1]]'
# The kernel's own word: what shows as 65534 inside.
change_config web '.process.args=["sh","-c","find /data -user 65534 -o -group 65534 | wc -l"]'
expect_status 0 rt run -b "$work/web" "$prefix-seen"
expect_equal "as the container sees it" "$out" 7
# The suggested command, in full, mends its owner.
eval "$(rt scan -b "$work/web" --json | jq -r '[.trees[1].fixes[] | select(.kind=="chown")][0].text')" || true
scan 1
expect_equal "after the chown" "$(data '[.owners[] | select(.kind=="uid" and .id==0)]')" '[]'
expect_status 1 rt scan -b "$work/web"
expect_text "in words" "$out" "rootfs, $work/own: " "nothing found" "mount " "(bind on /data), $work/data: 11 files, " "show as nobody" \
    "NOBODY" "$work/data/bad" "not mapped: " "add to /linux/uidMappings: { \"containerID\": 99999"
expect_equal "no bar where there is no terminal" "$err" ""
rm -rf "$work/data/bad"
scan 0
expect_equal "nothing is left" "$(data .unmapped)" 0

# Set-uid and capabilities, as execve(2) has them.
mkdir "$work/own/special"
cp "$work/own/bin/busybox" "$work/own/special/busybox"  # which gives up what set-uid gives it
cp "${RT%/*}/system_call" "$work/own/special/"
chown -R 100000:100000 "$work/own/special"
chown 0:100000 "$work/own/special/system_call"
chmod 4755 "$work/own/special/system_call"
scan 1
expect_equal "set-uid" "$(jq -c '.trees[0] | [.unmapped,.setId]' <<<"$out")" '[1,1]'
change_config web '.process.args=["/special/system_call","geteuid"] | .process.user={uid:33,gid:33} | .process.noNewPrivileges=false'
expect_status 0 rt run -b "$work/web" "$prefix-setuid"
expect_equal "has no effect" "$out" "ok 33"
chown 100000:0 "$work/own/special/system_call"
chmod 4755 "$work/own/special/system_call"
scan 1
expect_equal "by its group" "$(jq -c '.trees[0] | [.unmapped,.setId]' <<<"$out")" '[1,1]'
expect_status 0 rt run -b "$work/web" "$prefix-setuid"
expect_equal "has no effect" "$out" "ok 33"
chown 100000:100000 "$work/own/special/system_call"
chmod 4755 "$work/own/special/system_call"
scan 0
expect_status 0 rt run -b "$work/web" "$prefix-setuid"
expect_equal "has effect" "$out" "ok 0"
# capabilities(7): cap_net_raw, effective; revision 2, and 3 for the root of a namespace.
set_capability() {
    python3 - "$work/own/special/busybox" "$1" <<'PYTHON'
import os, struct, sys
root = sys.argv[2]
value = struct.pack("<5I", 0x02000001 if root == "-" else 0x03000001, 1 << 13, 0, 0, 0)
os.setxattr(sys.argv[1], "security.capability", value if root == "-" else value + struct.pack("<I", int(root)))
PYTHON
}
change_config web '.process.args=["/special/busybox","grep","^CapPrm:","/proc/self/status"] | .process.capabilities={bounding:["CAP_NET_RAW"]}'
lost=1
for root in - 0 100000 100001 77; do
    set_capability "$root" || { echo "no file capabilities on $work"; break; }
    expect_status 0 rt run -b "$work/web" "$prefix-caps"
    lost=$([[ $out == *0000000000002000 ]] && echo 0 || echo 1)
    scan "$lost"
    expect_equal "capabilities for root $root" "$(jq -c '.trees[0].capabilities' <<<"$out")" "$lost"
done
expect_equal "the last ones are lost" "$lost" 1
rm -r "$work/own/special"

# Id-mapped: what the disk has as its ids.
change_config web ".root.path=\"$work/rootfs\""
scan 1
expect_equal "an image with its own ids" "$(jq -c '.trees[0] | [.unmapped==.entries,(.directories|map(.path)),.fixes[0].kind]' <<<"$out")" "[true,[\"$work/rootfs\"],\"idmap\"]"
strangers=$(find "$work/rootfs" -uid +999 -o -gid +999 | wc -l)
scan $((strangers > 0)) --idmap-rootfs
expect_equal "id-mapped by the option" "$(jq -c '.trees[0] | [.idMapped,.unmapped]' <<<"$out")" "[true,$strangers]"
# Where the file system of this place can be id-mapped, the container sees the same.
change_config web '.process.args=["sh","-c","find / -path /proc -prune -o -path /sys -prune -o -path /dev -prune -o \\( -user 65534 -o -group 65534 \\) -print | wc -l"] | .process.user={uid:0,gid:0} | del(.mounts[-1])'
if rt run --idmap-rootfs -b "$work/web" "$prefix-mapped" >"$work/seen" 2>/dev/null; then
    expect_equal "as the container sees it" "$(<"$work/seen")" "$strangers"
fi
change_config web ".mounts += [{destination:\"/data\",type:\"bind\",source:\"$work/data\",options:[\"rbind\"]}]"
change_config web '.annotations={"org.rt.root.idmap":"idmap"}'
scan $((strangers > 0))
expect_equal "id-mapped by the annotation" "$(jq -c '.trees[0].unmapped' <<<"$out")" "$strangers"
change_config web ".root.path=\"$work/own\" | .annotations={} | .mounts[-1].options=[\"rbind\",\"idmap\"]"
scan 1
expect_equal "an id-mapped mount" "$(data '[.idMapped,.unmapped,.entries]')" '[true,4,4]'

# Mounts below: seen by rbind, with ids that idmap does not reach; under bind they are not there.
change_config web '.mounts[-1].options=["rbind"]'
mkdir "$work/data/mounted"
chown 100000:100000 "$work/data/mounted"
mount -t tmpfs none "$work/data/mounted"
touch "$work/data/mounted/file"
scan 1
expect_equal "below a mount" "$(data '[.unmapped,.directories[0].path]')" "[2,\"$work/data/mounted\"]"
change_config web '.mounts[-1].options=["bind"]'
scan 0
expect_equal "not below a mount" "$(data .unmapped)" 0
change_config web '.mounts[-1].options=["rbind","idmap"]'
scan 1
expect_equal "idmap ends at the mount" "$(data .unmapped)" 6
change_config web '.mounts[-1].options=["rbind","ridmap"]'
scan 1
expect_equal "ridmap does not" "$(data .unmapped)" 4
umount "$work/data/mounted"
change_config web ".mounts[-1] |= (.options=[\"rbind\"] | .source=\"/proc\")"
scan 0
expect_text "of the kernel" "$out" '"skipped": "it is a file system of the kernel'
change_config web ".mounts[-1].source=\"$work/none\""
scan 0
expect_text "not there" "$out" '"skipped": "it cannot be opened: no such file or directory"'
change_config web ".mounts[-1].source=\"$work/data/good/100999:100999\""
scan 0
expect_equal "a file" "$(jq -c '.trees[-1] | [.entries,.unmapped]' <<<"$out")" '[1,0]'
change_config web ".mounts[-1].source=\"$work/data\""

# A directory that may not be read is no silence.
if setpriv --reuid 12345 --regid 12345 --clear-groups true; then
    cp "$RT" "$work/rt"
    chmod 755 "$work/rt"
    chmod 700 "$work/data/good"
    expect_status 1 setpriv --reuid 12345 --regid 12345 --clear-groups "$work/rt" scan -b "$work/web" --json
    expect_equal "unreadable" "$(data '[.unreadable,.unmapped]')" '[1,0]'
    expect_status 1 setpriv --reuid 12345 --regid 12345 --clear-groups "$work/rt" scan -b "$work/web"
    expect_text "unreadable" "$out" "1 directory may not be read, such as /good"
fi

# How far it is, on a terminal, while that takes time; and wiped out at the end. Elsewhere nothing.
if command -v script >/dev/null && strace -o /dev/null true 2>/dev/null; then
    slowly="strace -f -qq -o /dev/null -e trace=getdents64 -e inject=getdents64:delay_enter=60000 $RT scan -b $work/web"
    out=$(script -qec "$slowly" /dev/null </dev/null || true)
    expect_text "a progress bar" "$out" $'\r[' '#' "] rootfs: " $' files\033[K' $'\r\033[K'
    expect_status 0 bash -c "$slowly"
    expect_equal "no progress bar" "$err" ""
fi

new_bundle plain . >/dev/null
expect_status 0 rt scan -b "$work/plain"
expect_text "no user namespace" "$out" "every id is itself"
expect_status 1 rt scan -b "$work/none"
expect_text "no bundle" "$err" "$work/none" "no such file or directory"
finish
