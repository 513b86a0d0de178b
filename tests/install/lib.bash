# What the tests in a fresh root of Debian 12 share: the root, and commands in it.
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

share=  # DIR:PLACE, a directory of the machine that is seen in the root
# In the fresh root, which is "/" there as it is after a boot (pivot_root(2) wants that), with what the machine has of cgroups.
inside() {
    unshare --mount --propagation private --uts --ipc --pid --fork --kill-child bash -euc '
        root=$1 share=$2; shift 2
        mount --bind "$root" "$root"
        [ -z "$share" ] || mount --bind "${share%:*}" "$root${share#*:}"
        mount -t proc proc "$root/proc"
        mount --rbind /sys "$root/sys"
        mount --bind /dev "$root/dev"
        mount -t tmpfs tmpfs "$root/run"
        cd "$root"
        pivot_root . .
        umount -l .
        cd /
        unset LC_ALL
        export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive
        exec "$@"' bash "$work/root" "$share" "$@"
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
