#!/usr/bin/env bash
# Labels of security modules that do not run here are refused; cli/apparmor.sh tests AppArmor where it runs.
source "$(dirname "$0")/lib.bash"

for maps in . "$(userns 0:100000:65536)"; do
    if [[ $(cat /sys/module/apparmor/parameters/enabled 2>/dev/null) != Y ]]; then
        expect_refused "$maps | .process.apparmorProfile=\"docker-default\"" /process/apparmorProfile docker-default "AppArmor, which does not run"
        new_bundle unconfined "$maps | .process.apparmorProfile=\"unconfined\"" >/dev/null
        expect_status 0 rt run -b "$work/unconfined" "$prefix-unconfined"
        rm -rf "$work/unconfined"
    fi
    if [[ ! -e /sys/fs/selinux/enforce ]]; then
        label=system_u:system_r:container_t:s0:c1,c2
        expect_refused "$maps | .process.selinuxLabel=\"$label\"" /process/selinuxLabel "$label" "SELinux, which does not run"
        expect_refused "$maps | .linux.mountLabel=\"$label\"" /linux/mountLabel "$label" "SELinux, which does not run"
    fi
done
finish
