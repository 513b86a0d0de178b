#!/usr/bin/env bash
# The .deb in a fresh root of Debian 12: it is installed, runs a container, and is removed; also beside rt5-clients, whose command
# has the same name. Needs root, debootstrap and the Debian mirror: some minutes.
#   RT_TEST_ROOT=DIR  keeps the fresh root there for the next time
set -euo pipefail
: "${RT:?path of the rt binary}" "${SOURCE_DIR:?top of the checkout}"

skip() { echo "skipped: $*"; exit 77; }
[[ $EUID == 0 ]] || skip "this test needs root"
command -v debootstrap >/dev/null || skip "debootstrap is not installed"
command -v dpkg-deb >/dev/null || skip "this is no Debian"

work=$(mktemp -d /tmp/rt-install.XXXXXX)
trap 'rm -rf "$work"' EXIT
failures=0 checks=0
fail() { failures=$((failures + 1)); echo "FAILED: $*" >&2; }
expect() {  # WHAT COMMAND...
    checks=$((checks + 1))
    "${@:2}" >"$work/log" 2>&1 || fail "$1: '${*:2}': $(tail -n 5 "$work/log")"
}
expect_equal() { checks=$((checks + 1)); [[ $2 == "$3" ]] || fail "$1: '$2' instead of '$3'"; }

# In the fresh root, which is "/" there as it is after a boot (pivot_root(2) wants that), with what the machine has of cgroups.
inside() {
    unshare --mount --propagation private --uts --ipc --pid --fork --kill-child bash -euc '
        root=$1; shift
        mount --bind "$root" "$root"
        mount -t proc proc "$root/proc"
        mount --rbind /sys "$root/sys"
        mount --bind /dev "$root/dev"
        mount -t tmpfs tmpfs "$root/run"
        cd "$root"
        pivot_root . .
        umount -l .
        cd /
        export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C DEBIAN_FRONTEND=noninteractive
        exec "$@"' bash "$work/root" "$@"
}

fresh() {  # the root, from the mirror or from RT_TEST_ROOT
    local kept=${RT_TEST_ROOT:-$work/kept}
    local suite=bookworm key=/usr/share/keyrings/debian-archive-keyring.gpg mirror
    mirror=$(apt-get indextargets --format '$(ORIGIN)|$(SITE)|$(REPO_URI)' 'Created-By: Packages' | awk -F'|' '$1=="Debian" && $3 !~ /security/ {print $3; exit}')
    if [[ ! -e $kept/etc/debian_version ]]; then
        debootstrap --variant=minbase --keyring="$key" --include=busybox-static,jq "$suite" "$kept" "${mirror:-http://deb.debian.org/debian}" >"$work/debootstrap" 2>&1 ||
            skip "no fresh root: $(tail -n 2 "$work/debootstrap")"
    fi
    cp -a "$kept" "$work/root"
    cp /etc/resolv.conf "$work/root/etc/resolv.conf"
    apt-config dump | grep -E '^Acquire::(https?|ftp)::|^Acquire::(Check-Valid-Until|Retries)' >"$work/root/etc/apt/apt.conf.d/99mirror" || true
}

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
