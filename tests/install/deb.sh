#!/usr/bin/env bash
# The .deb in a fresh root of Debian 12: it is installed, runs a container, and is removed; also beside rt5-clients, whose command
# has the same name. Needs root, debootstrap and the Debian mirror: some minutes.
source "$(dirname "$0")/lib.bash"

package() {
    (cd "$(dirname "$RT")" && cpack -G DEB -B "$work/deb") >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
    deb=$(echo "$work"/deb/*.deb)
}

files_of_rt() { find "$work/root" -xdev \( -name 'rt' -o -name 'rt-*' -o -name '_rt' -o -name 'rt.*' \) -not -path '*/var/*' -not -path '*/proc/*' | grep -v -e /rt-mailgate -e /usr/share/rtmp || true; }

package
for field in "Package rt-runtime" "Version $("$RT" --version | sed -n 's/^rt version //p')"; do
    expect_equal "${field%% *}" "$(dpkg-deb -f "$deb" "${field%% *}")" "${field#* }"
done
for source in glibc libseccomp libcap-ng nlohmann-json3; do
    checks=$((checks + 1))
    [[ $(dpkg-deb -f "$deb" Static-Built-Using) == *"$source (= "* ]] || fail "Static-Built-Using lacks $source"
done

fresh
before=$(files_of_rt)
cp "$deb" "$work/root/root/rt.deb"
expect "install" inside dpkg -i /root/rt.deb
expect_equal "the command" "$(readlink -f "$work/root/etc/alternatives/rt")" "/usr/bin/rt-runtime"
expect "the version" inside rt --version
expect "the manual" test -e "$work/root/usr/share/man/man8/rt.8.gz"
expect "the completion" inside bash -c 'source /usr/share/bash-completion/completions/rt && complete -p rt'

# A first container, as the README has it.
cat >"$work/root/root/first" <<END
set -e
mkdir -p /root/web/rootfs/bin && cd /root/web
cp /bin/busybox rootfs/bin/sh
rt spec --userns auto --no-terminal -- sh -c 'echo hello from \$\$'
rt run --idmap-rootfs rt-install-$$
rt list -q
END
expect "a first container" inside bash /root/first
expect_equal "its output" "$(<"$work/log")" "hello from 1"
rm -r "$work/root/root/web" "$work/root/root/first"

expect "upgrade to itself" inside dpkg -i /root/rt.deb
expect "remove" inside dpkg -r rt-runtime
expect "purge" inside dpkg -P rt-runtime
rm "$work/root/root/rt.deb"
expect_equal "what is left" "$(files_of_rt)" "$before"

# Beside the other owner of the name, which comes first; who wants ours says so; whatever goes, the other stays.
if inside sh -c 'apt-get update -qq && apt-get install -y -qq --no-install-recommends rt5-clients' >"$work/log" 2>&1; then
    cp "$deb" "$work/root/root/rt.deb"
    expect "install beside rt5-clients" inside dpkg -i /root/rt.deb
    expect_equal "Request Tracker's goes first" "$(readlink "$work/root/etc/alternatives/rt")" "/usr/bin/rt-5"
    expect "ours by its own name" inside rt-runtime --version
    expect "choose ours" inside update-alternatives --set rt /usr/bin/rt-runtime
    expect "it is ours" inside sh -c 'rt --version | grep -q "^rt version"'
    expect_equal "its page is in section 8" "$(cd "$work/root/usr/share/man" && ls man1/rt.1.gz man8/rt.8.gz 2>/dev/null)" "man8/rt.8.gz"
    expect "remove ours" inside dpkg -P rt-runtime
    expect_equal "theirs is back" "$(readlink "$work/root/etc/alternatives/rt")" "/usr/bin/rt-5"
    expect "install again" inside dpkg -i /root/rt.deb
    expect "remove theirs" inside dpkg -P rt5-clients
    expect_equal "ours is left" "$(readlink "$work/root/etc/alternatives/rt")" "/usr/bin/rt-runtime"
else
    echo "rt5-clients could not be installed: $(tail -n 1 "$work/log")"
fi
left=$(grep -F "$work" /proc/self/mountinfo || true)
expect_equal "mounts" "$left" ""
echo "$checks checks, $failures failed"
((failures == 0))
