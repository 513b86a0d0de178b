#!/usr/bin/env bash
# The source archive builds outside of git, with shared libraries; what it installs is complete, and tells the commit.
set -euo pipefail
: "${RT:?path of the rt binary}" "${SOURCE_DIR:?top of the checkout}"

skip() { echo "skipped: $*"; exit 77; }
git -c "safe.directory=$SOURCE_DIR" -C "$SOURCE_DIR" rev-parse HEAD >/dev/null 2>&1 || skip "this is no git checkout"

work=$(mktemp -d "${TMPDIR:-/tmp}/rt-source.XXXXXX")
trap 'rm -rf "$work"' EXIT
failures=0 checks=0
fail() { failures=$((failures + 1)); echo "FAILED: $*" >&2; }
step() { checks=$((checks + 1)); "$@" >"$work/log" 2>&1 || { fail "'$*': $(tail -n 20 "$work/log")"; exit 1; }; }
expect_equal() { checks=$((checks + 1)); [[ $2 == "$3" ]] || fail "$1: '$2' instead of '$3'"; }

version=$("$RT" --version | sed -n 's/^rt version //p')
step cmake --build "$(dirname "$RT")" --target dist
cp "$(dirname "$RT")/rt-$version.tar.gz" "$work"
step tar -C "$work" -xf "$work/rt-$version.tar.gz"
cd "$work/rt-$version"
step cmake --preset dynamic -D RT_TESTS=OFF -D CMAKE_CXX_COMPILER_LAUNCHER="$(command -v ccache || true)"
step cmake --build --preset dynamic --target installable --parallel "$(nproc)"
commit=$(git -c "safe.directory=$SOURCE_DIR" -C "$SOURCE_DIR" rev-parse --short=12 HEAD)
expect_equal "version" "$(build/dynamic/rt --version | head -2)" "rt version $version"$'\n'"commit: $commit"
checks=$((checks + 1))
ldd build/dynamic/rt | grep -q libseccomp || fail "libseccomp is not a shared library: $(ldd build/dynamic/rt)"
checks=$((checks + 1))
grep -q 'This build: dynamic' build/dynamic/THIRD-PARTY || fail "THIRD-PARTY: $(head -n 2 build/dynamic/THIRD-PARTY)"
step env DESTDIR="$work/root" cmake --install build/dynamic --prefix /usr
for file in sbin/rt share/man/man8/rt.8 share/man/man5/rt-config.5 share/man/man7/rt-engines.7 share/bash-completion/completions/rt \
    share/zsh/site-functions/_rt share/fish/vendor_completions.d/rt.fish share/rt-runtime/apparmor share/doc/rt/THIRD-PARTY; do
    checks=$((checks + 1))
    [[ -s $work/root/usr/$file ]] || fail "$file is not installed"
done
expect_equal "pages" "$(cd "$work/root/usr/share/man" && ls man*/* | wc -l)" "$(cd man && ls ./*.[578] | wc -l)"
echo "$checks checks, $failures failed"
((failures == 0))
