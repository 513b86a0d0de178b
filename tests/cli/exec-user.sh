#!/usr/bin/env bash
# Who a further program runs as: numbers strictly (CVE-2026-30892), names by the container's own files.
source "$(dirname "$0")/lib.bash"

id=$prefix-user
ids='id -u; id -g; id -G; echo $HOME'
new_bundle box . >/dev/null
cp -a "$work/rootfs" "$work/own"
printf 'root:x:0:0::/root:/bin/sh\nweb:x:1000:33::/srv/web:/bin/sh\nhost:x:1:1::/:/bin/sh\n' >"$work/own/etc/passwd"
printf 'root:x:0:\nwww:x:33:\nadm:x:4:web\ntape:x:26:root,web\n' >"$work/own/etc/group"

for variant in host user; do
    maps=.
    [[ $variant == user ]] && maps=$(userns 0:100000:2000)
    change_config box "del(.linux.uidMappings, .linux.gidMappings) | .linux.namespaces |= map(select(.type != \"user\")) | $maps | .root.path=\"$work/own\" | .process.user={uid:7,gid:8,additionalGids:[9]} | .process.args=[\"sleep\",\"1000\"]"
    expect_status 0 rt run -d -b "$work/box" "$id"
    as() {  # USER WANTED [OPTION...]
        expect_status 0 rt exec -u "$1" "${@:3}" "$id" sh -c "$ids"
        expect_equal "$variant: $1" "$out" "$2"
    }
    expect_status 0 rt exec "$id" sh -c "$ids"
    expect_equal "$variant: none" "$out" $'7\n8\n8 9\n/'
    as 1 $'1\n8\n8 9\n/'
    as 0 $'0\n8\n8 9\n/root'
    as 1:2 $'1\n2\n2 9\n/'
    as 0:0 $'0\n0\n0 9\n/root'
    as 1000 $'1000\n8\n8 9\n/srv/web'
    as web $'1000\n33\n33 4 26\n/srv/web'
    as web:26 $'1000\n26\n26 4\n/srv/web'
    as root:www $'0\n33\n33 26\n/root'
    # The kernel sorts the groups.
    as 1:www $'1\n33\n33 9\n/'
    as web $'1000\n33\n33 4 5 9 26\n/srv/web' -g 5 --additional-gids 9
    as 1 $'1\n8\n8 4 9\n/' -g adm
    for user in 1: :1 : '' -1 4294967295 4294967296 99999999999999999999 ' 1' '1 ' 0x1 +1 1a 1:-1 1:4294967295 '1: 2' 1:2:3 abc 1:abc; do
        expect_status 125 rt exec -u "$user" "$id" id
        expect_equal "$variant: '$user' printed" "$out" ""
    done
    expect_status 125 rt exec -u abc "$id" id
    expect_text "$variant: abc" "$err" "unable to find user" abc
    expect_status 125 rt exec -g -5 "$id" id
    if [[ $variant == user ]]; then
        expect_status 125 rt exec -u 2000 "$id" id
        expect_text "not mapped" "$err" "uid 2000 is not mapped" 0-1999
        expect_status 125 rt exec -u 1:2000 "$id" id
        expect_status 125 rt exec -g 2000 "$id" id
    fi

    # The files are the image's: links stay inside of it, and what is no file is not waited for.
    mv "$work/own/etc/passwd" "$work/own/etc/passwd.real"
    ln -s /etc/passwd.real "$work/own/etc/passwd"
    as web $'1000\n33\n33 4 26\n/srv/web'
    ln -sfn ../../../../../../etc/passwd.real "$work/own/etc/passwd"
    as web $'1000\n33\n33 4 26\n/srv/web'
    echo "secret:x:11:11::/:/bin/sh" >"$work/secret"
    for link in "$work/secret" /proc/1/root"$work/secret" /proc/self/root/"$work/secret" /nosuch; do
        ln -sfn "$link" "$work/own/etc/passwd"
        expect_status 125 rt exec -u secret "$id" id
        expect_text "$variant: a link to $link" "$err" "/etc/passwd"
    done
    rm "$work/own/etc/passwd"
    mkfifo "$work/own/etc/passwd"
    expect_status 125 timeout -k 5 20 "$RT" --root "$state" exec -u web "$id" id
    expect_text "$variant: a fifo" "$err" "/etc/passwd"
    rm "$work/own/etc/passwd"
    truncate -s 1T "$work/own/etc/passwd"
    expect_status 125 rt exec -u web "$id" id
    rm "$work/own/etc/passwd"
    as 1000 $'1000\n8\n8 9\n/'
    mv "$work/own/etc/passwd.real" "$work/own/etc/passwd"
    expect_status 0 rt delete --force "$id"
    expect_nothing_left "$id"
done
finish
