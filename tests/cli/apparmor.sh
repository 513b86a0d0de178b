#!/usr/bin/env bash
# The AppArmor profile of the process, with and without a user namespace (in a virtual machine where the host has no AppArmor).
source "$(dirname "$0")/lib.bash"
[[ $(cat /sys/module/apparmor/parameters/enabled 2>/dev/null) == Y ]] || skip "AppArmor does not run here"
command -v apparmor_parser >/dev/null || skip "apparmor_parser(8) is not installed"

profile=$prefix-profile
cat >"$work/profile" <<END
abi <abi/3.0>,
profile $profile flags=(attach_disconnected,mediate_deleted) {
  file,
  capability,
  signal,
  deny /etc/group r,
}
profile $profile-other flags=(attach_disconnected,mediate_deleted) {
  file,
  capability,
  deny /etc/passwd r,
}
END
apparmor_parser -r "$work/profile" || skip "no AppArmor profile can be loaded here"
trap 'apparmor_parser -R "$work/profile"; cleanup' EXIT

for variant in host user; do
    for user in 0 1000; do
        for forbid in true false; do
            base=".process.user={uid:$user,gid:$user} | .process.noNewPrivileges=$forbid"
            [[ $variant == user ]] && base+=" | $(userns 0:100000:65536)"
            new_bundle confined "$base | .process.apparmorProfile=\"$profile\" | .process.args=[\"sh\",\"-c\",\"cat /proc/self/attr/current; cat /etc/passwd >/dev/null && echo read; cat /etc/group 2>&1\"]" >/dev/null
            expect_status 1 rt run -b "$work/confined" "$prefix-confined"
            expect_text "confined ($variant, $user)" "$out" "$profile (enforce)" read "Permission denied"
            expect_nothing_left "$prefix-confined"
            rm -rf "$work/confined"
        done
    done
    maps=.
    [[ $variant == user ]] && maps=$(userns 0:100000:65536)
    new_bundle unconfined "$maps | .process.apparmorProfile=\"unconfined\" | .process.args=[\"cat\",\"/proc/self/attr/current\"]" >/dev/null
    expect_status 0 rt run -b "$work/unconfined" "$prefix-unconfined"
    expect_equal "unconfined" "$out" unconfined
    rm -rf "$work/unconfined"

    new_bundle unknown "$maps | .process.apparmorProfile=\"$profile-none\"" >/dev/null
    expect_status 125 rt run -b "$work/unknown" "$prefix-unknown"
    expect_text "unknown profile" "$err" "$profile-none" "no profile of this name is loaded" apparmor_parser "(ENOENT)"
    expect_nothing_left "$prefix-unknown"
    rm -rf "$work/unknown"

    # exec: by the container's profile, by another one, by one that is not there; with and without no_new_privs.
    read_both="cat /proc/self/attr/current; for f in passwd group; do cat /etc/\$f >/dev/null 2>&1 && echo \$f; done; true"
    new_bundle box "$maps | .process.apparmorProfile=\"$profile\" | .process.args=[\"sleep\",\"1000\"]" >/dev/null
    expect_status 0 rt run -d -b "$work/box" "$prefix-box"
    for privileges in "" --no-new-privs; do
        expect_status 0 rt exec $privileges "$prefix-box" sh -c "$read_both"
        expect_equal "exec ($variant $privileges)" "$out" "$profile (enforce)"$'\n'passwd
        expect_status 0 rt exec $privileges --apparmor "$profile-other" "$prefix-box" sh -c "$read_both"
        expect_equal "exec by another ($variant $privileges)" "$out" "$profile-other (enforce)"$'\n'group
    done
    jq -n "{args:[\"sh\",\"-c\",\"$read_both\"],cwd:\"/\",user:{uid:0,gid:0},apparmorProfile:\"$profile-other\"}" >"$work/process"
    expect_status 0 rt exec -p "$work/process" "$prefix-box"
    expect_equal "exec by file ($variant)" "$out" "$profile-other (enforce)"$'\n'group
    expect_status 125 rt exec --apparmor "$profile-none" "$prefix-box" true
    expect_text "exec by an unknown one" "$err" "$profile-none" "no profile of this name is loaded" "(ENOENT)"
    expect_status 0 rt delete --force "$prefix-box"
    rm -rf "$work/box"

    # S2 (CVE-2019-16884): the image brings a /proc with files of its own; none of them gets the label, the process does.
    mkdir -p "$work/fake/self/attr/apparmor"
    touch "$work/fake/self/attr/"{exec,current,apparmor/exec}
    chmod -R a+rwX "$work/fake"
    new_bundle fake "$maps | (.mounts[] | select(.destination==\"/proc\")) |= {destination:\"/proc\",type:\"bind\",source:\"$work/fake\",options:[\"rbind\"]} | .linux.maskedPaths=[] | .linux.readonlyPaths=[] | .process.apparmorProfile=\"$profile\" | .process.args=[\"sh\",\"-c\",\"cat /etc/group\"]" >/dev/null
    expect_status 1 rt run -b "$work/fake" "$prefix-fake"
    expect_text "with a fake /proc" "$err" "Permission denied"
    expect_equal "the fake files" "$(cat "$work/fake/self/attr/"{exec,current,apparmor/exec})" ""
    rm -rf "$work/fake"
done
finish
