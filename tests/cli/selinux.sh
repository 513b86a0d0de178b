#!/usr/bin/env bash
# SELinux labels of the process and of new file systems, with and without a user namespace: on a kernel that was started with
# "security=selinux selinux=1 enforcing=0" and has no policy yet. The policy of this test is loaded then, which no other one may
# follow: in a virtual machine. SELINUX_POLICY names one that secilc(8) has made already of selinux.cil.
source "$(dirname "$0")/lib.bash"
[[ -e /sys/fs/selinux/enforce ]] || skip "SELinux does not run here"
current() { tr -d '\0\n ' </proc/self/attr/current; }
if [[ $(current) == kernel ]]; then
    policy=${SELINUX_POLICY:-$work/policy}
    [[ -e $policy ]] || secilc -c 31 -o "$policy" -f /dev/null "$SOURCE_DIR/tests/cli/selinux.cil" || skip "secilc(8) makes no policy"
    dd if="$policy" of=/sys/fs/selinux/load bs=1M status=none || skip "no policy can be loaded"
fi
[[ $(current) == u:r:base_t:s0 ]] || skip "this machine has a policy of its own: $(current)"

process=u:r:container_t:s0:c1 mount=u:object_r:data_t:s0:c1,c2
for variant in host user; do
    for user in 0 1000; do
        base=".process.user={uid:$user,gid:$user}"
        [[ $variant == user ]] && base+=" | $(userns 0:100000:65536)"
        new_bundle labelled "$base | .process.selinuxLabel=\"$process\" | .linux.mountLabel=\"$mount\" | .process.args=[\"sleep\",\"1000\"]" >/dev/null
        expect_status 0 rt run -d -b "$work/labelled" "$prefix-labelled"
        pid=$(rt state "$prefix-labelled" | jq .pid)
        expect_equal "label of the process ($variant, $user)" "$(tr -d '\0\n ' <"/proc/$pid/attr/current")" "$process"
        for path in dev dev/pts dev/shm dev/mqueue sys/firmware; do
            expect_equal "label of $path ($variant, $user)" "$(ls -Zd "/proc/$pid/root/$path" | cut -d ' ' -f 1)" "$mount"
        done
        for path in proc sys; do
            expect_equal "label of $path ($variant, $user)" "$(ls -Zd "/proc/$pid/root/$path" | cut -d ' ' -f 1)" u:r:base_t:s0
        done
        expect_status 0 rt delete --force "$prefix-labelled"
        expect_nothing_left "$prefix-labelled"
        rm -rf "$work/labelled"
    done
    for wrong in '.process.selinuxLabel="no:such:label:s0"' '.linux.mountLabel="no:such:label:s0"'; do
        maps=.
        [[ $variant == user ]] && maps=$(userns 0:100000:65536)
        new_bundle wrong "$maps | $wrong" >/dev/null
        expect_status 125 rt run -b "$work/wrong" "$prefix-wrong"
        expect_text "$wrong" "$err" no:such:label:s0 "(EINVAL)"
        expect_nothing_left "$prefix-wrong"
        rm -rf "$work/wrong"
    done
done
finish
