#!/usr/bin/env bash
# Mounts that appear on one side, and where they are seen then: on a host whose mounts are shared, as systemd makes them.
source "$(dirname "$0")/lib.bash"

# The host of this test is a mount namespace of its own: what leaks stays in it.
if [[ ${RT_TEST_OWN_MOUNTS:-} != yes ]]; then
    rm -rf "$work"
    trap - EXIT
    RT_TEST_OWN_MOUNTS=yes exec unshare --mount --propagation private "$0"
fi
mkdir "$work/shared"
mount -t tmpfs -o mode=755 none "$work/shared"
mount --make-shared "$work/shared"
trap 'cleanup; umount -R "$work/shared"; rmdir "$work/shared" "$work"' EXIT
cleanup() {
    local id
    for id in $("$RT" --root "$state" list -q 2>/dev/null); do "$RT" --root "$state" delete --force "$id" || true; done
    find "$work" -mindepth 1 -maxdepth 1 ! -name shared -exec rm -rf {} +
}
mkdir -m 777 "$work/shared/point" "$work/shared/later"
cp -a "$("$SOURCE_DIR/bundles/make-rootfs" "$work/image" && echo "$work/image")" "$work/shared/rootfs"
mkdir -p "$work/shared/rootfs/data" "$work/shared/rootfs/point" "$work/shared/rootfs/later"

is_mounted() { grep -q " $2 " "/proc/$1/mountinfo" && echo yes || echo no; }

# check NAME CONFIG-FILTER POINT-INSIDE LATER-INSIDE HOST-DIRECTORY SEEN-OUTSIDE SEEN-INSIDE
check() {
    local id=$prefix-$1 pid
    new_bundle "$1" "$2 | .process.args=[\"sleep\",\"300\"] | .root.readonly=false" >/dev/null
    expect_status 0 rt create -b "$work/$1" "$id"
    pid=$(rt state "$id" | jq .pid)
    nsenter --target "$pid" --mount mount -t tmpfs none "$3"
    mount -t tmpfs none "$5/later"
    expect_equal "$1: a mount made inside is seen inside" "$(is_mounted "$pid" "$3")" yes
    expect_equal "$1: a mount made inside is seen on the host" "$(is_mounted self "$5/point")" "$6"
    expect_equal "$1: a mount made on the host is seen inside" "$(is_mounted "$pid" "$4")" "$7"
    umount "$5/later"
    [[ $6 == no ]] || umount "$5/point" 2>/dev/null || true
    expect_status 0 rt delete --force "$id"
    expect_equal "$1: mounts left on the host" "$(grep -c " $work/shared/" /proc/self/mountinfo || true)" 0
}

bind() { echo ".mounts += [{destination:\"/data\",type:\"bind\",source:\"$work/shared\",options:$1}] | $2"; }
rootfs() {  # WORD MORE
    local word=".linux.rootfsPropagation=\"$1\""
    [[ $1 != none ]] || word='del(.linux.rootfsPropagation)'
    echo ".root.path=\"$work/shared/rootfs\" | $word | $2"
}

for variant in host user; do
    more=.
    [[ $variant == host ]] || more=$(userns 0:100000:65536)
    data() { check "$variant-$1" "$(bind "$2" "$more")" /data/point /data/later "$work/shared" "$3" "$4"; }
    # Out of a user namespace nothing goes to the host, whatever the config says (mount_namespaces(7)).
    to_host=yes
    [[ $variant == host ]] || to_host=no
    data none '["rbind"]' no no
    data rprivate '["rbind","rprivate"]' no no
    data private '["bind","private"]' no no
    data rslave '["rbind","rslave"]' no yes
    data slave '["bind","slave"]' no yes
    data rshared '["rbind","rshared"]' $to_host yes
    data shared '["bind","shared"]' $to_host yes
    data unbindable '["bind","unbindable"]' no no

    root() { check "$variant-root-$1" "$(rootfs "$1" "$more")" /point /later "$work/shared/rootfs" "$2" "$3"; }
    root none no no
    root private no no
    root rprivate no no
    root slave no yes
    root rslave no yes
    root shared no no
    root rshared no no
    root unbindable no no
    root runbindable no no
done

finish
