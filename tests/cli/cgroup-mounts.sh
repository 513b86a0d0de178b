#!/usr/bin/env bash
# Mounts of type cgroup in every layout (that of the machine, v1 only, v2 only), with and without a cgroup namespace and a user
# namespace, read-only or not: what the container sees is its own cgroup, and nothing of the host's hierarchy can be written.
source "$(dirname "$0")/lib.bash"

if [[ -z ${LAYOUT:-} ]]; then
    unshare --mount true 2>/dev/null || skip "no mount namespace can be made here"
    for layout in machine v1 unified; do
        checks=$((checks + 1))
        status=0
        LAYOUT=$layout unshare --mount --propagation private "$0" || status=$?
        [[ $status == 0 || $status == 77 ]] || fail "layout $layout"
    done
    finish
fi

case $LAYOUT in
    v1)
        mapfile -t hierarchies < <(awk -F: '$1 != 0 { print $2 }' /proc/self/cgroup)
        ((${#hierarchies[@]})) || skip "no v1 hierarchy is in use"
        mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
        for hierarchy in "${hierarchies[@]}"; do
            mkdir "/sys/fs/cgroup/${hierarchy#name=}"
            mount -t cgroup -o "${hierarchy/name=/none,name=}" cgroup "/sys/fs/cgroup/${hierarchy#name=}" || skip "a v1 hierarchy cannot be mounted"
        done
        ;;
    unified)
        [[ $(stat -f -c %T /sys/fs/cgroup) != cgroup2fs ]] || skip "v2 is the machine's own layout"
        mount -t cgroup2 cgroup2 /sys/fs/cgroup 2>/dev/null || skip "the kernel has no cgroup v2"
        ;;
esac

# Each mount below /sys/fs/cgroup with its flag; the own pid in it; what happens to a new directory, and to a limit. The top of
# v1 and hybrid is a tmpfs.
look='cd /sys/fs/cgroup; for d in . *; do [ -f $d/cgroup.procs ] || continue; grep -qx $$ $d/cgroup.procs && own=own || own=other; mkdir $d/x 2>/dev/null && made=made || made=no; [ -d $d/x ] && rmdir $d/x; echo $$ 2>/dev/null >$d/cgroup.procs && moved=moved || moved=no; [ -h $d ] || echo $own $made $moved; done | sort | uniq -c | tr -s " "; mkdir top 2>/dev/null && echo "top made"; grep " /sys/fs/cgroup" /proc/self/mountinfo | cut -d" " -f6 | cut -d, -f1 | sort -u'
count=1
[[ $LAYOUT == unified || $(stat -f -c %T /sys/fs/cgroup) == cgroup2fs ]] || count=$(find /sys/fs/cgroup -mindepth 2 -maxdepth 2 -name cgroup.procs | wc -l)

check() {  # NAME FILTER OUTPUT
    new_bundle "$1" "$2 | .process.args=[\"sh\",\"-c\",$(jq -Rn --arg text "$look" '$text')]" >/dev/null
    expect_status 0 rt run -b "$work/$1" "$prefix-$LAYOUT-$1"
    expect_equal "$LAYOUT, $1" "$out" "$3"
    expect_nothing_left "$prefix-$LAYOUT-$1"
}
# The owners and modes of the host's files in the hierarchies stay as they are.
owners() { find /sys/fs/cgroup -maxdepth 2 -name 'cgroup.procs' -printf '%p %U:%G %m\n' | grep -v rt-test | sort; }
before=$(owners)
user=$(userns 0:100000:65536)
writable='.mounts |= map(if .type=="cgroup" then .options -= ["ro"] else . end)'
for type in cgroup cgroup2; do
    for namespace in new host; do
        scope='.linux.namespaces |= (map(select(.type != "cgroup")) + [{type:"cgroup"}])'
        [[ $namespace == new ]] || scope='del(.linux.namespaces[] | select(.type=="cgroup"))'
        scope+=" | .mounts |= map(if .type==\"cgroup\" then .type=\"$type\" else . end)"
        check "ro-$type-$namespace" "$scope" " $count own no no"$'\nro'
        check "ro-user-$type-$namespace" "$scope | $user" " $count own no no"$'\nro'
        # As the config asks: root of the host may write to its own cgroup, and sees no other.
        top=$'\ntop made'
        check "rw-$type-$namespace" "$writable | $scope" " $count own made moved$top"$'\nrw'
        # Root of a user namespace is nobody there, unless a v2 cgroup in its own cgroup namespace was given to it.
        delegated=' no no'
        if [[ $(stat -f -c %T /sys/fs/cgroup) == cgroup2fs ]]; then
            top=''
            [[ $namespace == host ]] || delegated=' made moved' top=$'\ntop made'
        fi
        check "rw-user-$type-$namespace" "$writable | $scope | $user" " $count own$delegated$top"$'\nrw'
    done
done

# The caller's /sys, when the network namespace is the caller's: everything below it is read-only, asked for or not
# (CVE-2023-25809).
sys='del(.linux.namespaces[] | select(.type=="network" or .type=="cgroup")) | del(.mounts[] | select(.type=="cgroup")) | .mounts |= map(if .type=="sysfs" then .options -= ["ro"] else . end)'
new_bundle sys "$sys | $user | .process.args=[\"sh\",\"-c\",\"find /sys/fs/cgroup -name cgroup.procs 2>/dev/null | while read -r f; do echo 0 2>/dev/null >\$f && echo written \$f; mkdir \${f%/*}/x 2>/dev/null && echo made \$f; done; grep ' /sys' /proc/self/mountinfo | cut -d' ' -f6 | cut -d, -f1 | sort -u\"]" >/dev/null
expect_status 0 rt run -b "$work/sys" "$prefix-$LAYOUT-sys"
expect_equal "$LAYOUT, the caller's /sys" "$out" ro

expect_equal "owners in the host's hierarchies" "$(owners)" "$before"
finish
