# For tests about the users of the host: account files of their own, in a private mount namespace, and the ordinary user anna
# (12345) with a bundle directory. Sourced after lib.bash, by a test that is started as it is: it starts itself anew.
if [[ -z ${ACCOUNTS:-} ]]; then
    unshare --mount true 2>/dev/null || skip "no mount namespace can be made here"
    rmdir "$work"
    ACCOUNTS=own exec unshare --mount --propagation private "$0"
fi
type newuidmap newgidmap >/dev/null 2>&1 || skip "newuidmap(1) is not installed"
as_user=(setpriv --reuid 12345 --regid 12345 --clear-groups)
"${as_user[@]}" unshare --user true 2>/dev/null || skip "an ordinary user may not make user namespaces here"

mkdir "$work/etc"
for file in passwd group subuid subgid; do
    [[ -e /etc/$file ]] || skip "/etc/$file is missing here"
    printf '' >"$work/etc/$file"
    mount --bind "$work/etc/$file" "/etc/$file"
done
printf '%s\n' 'root:x:0:0::/root:/bin/sh' 'anna:x:12345:12345::/:/bin/sh' >/etc/passwd
printf '%s\n' 'root:x:0:' 'anna:x:12345:' >/etc/group
cp "$RT" "$work/rt"
mkdir "$work/run" "$work/user"
"$SOURCE_DIR/bundles/make-rootfs" "$work/user/rootfs"
chown -R 12345:12345 "$work/run" "$work/user"

# As anna, in her bundle directory; path=LIST is her $PATH.
user() { (cd "$work/user" && exec "${as_user[@]}" env XDG_RUNTIME_DIR="$work/run" PATH="${path:-$PATH}" "$@"); }
urt() { user "$work/rt" "$@"; }
# ranges LINE...: the lines of /etc/subuid and /etc/subgid
ranges() { printf '%s\n' "$@" | tee /etc/subuid >/etc/subgid; }
