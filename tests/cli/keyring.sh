#!/usr/bin/env bash
# The session keyring of a container: its own, usable by its user, and out of reach of the caller's keys.
source "$(dirname "$0")/lib.bash"
command -v keyctl >/dev/null || skip "keyctl(1) is not installed (package keyutils)"
keyctl show @s >/dev/null 2>&1 || skip "keyctl(2) is not allowed here"

# keyctl(1) and its libraries are those of the host.
host_programs=$(for place in /usr /lib /lib64; do [[ ! -d $place ]] || printf '%s\n' "$place"; done |
    jq -Rnc '[inputs | {destination:., type:"bind", source:., options:["rbind","ro"]}] | ".mounts += \(.)"' -r)
container() {  # NAME FILTER SCRIPT
    rm -rf "${work:?}/$1"
    new_bundle "$1" "$host_programs | $2 | .process.env=[\"PATH=/usr/bin:/bin\"] | .process.args=[\"sh\",\"-c\",\"$3\"]" >/dev/null
}
look='keyctl rdescribe @s; keyctl add user mine secret @s >/dev/null; keyctl print $(keyctl search @s user mine)'
for variant in host user; do
    for user in 0 1000; do
        maps=.
        [[ $variant == user ]] && maps=$(userns 0:100000:65536)
        container own "$maps | .process.user={uid:$user,gid:$user}" "$look"
        expect_status 0 rt run -b "$work/own" "$prefix-own"
        # It belongs to the root of the container; whoever is in the container possesses it.
        [[ $out =~ ^keyring\;0\;0\;3f0b0000\;_ses\.$prefix-own\.[0-9]+$'\n'secret$ ]] || fail "keyring ($variant, $user): $out $err"
    done
done

# The caller's keys are out of reach, unless its keyring is to stay.
fetch='key=$(keyctl search @s user outside 2>&1) && keyctl print $key || echo $key'
with_key() { keyctl session "$prefix" sh -c 'keyctl add user outside secret @s >/dev/null; exec "$@"' sh "$@" 2>"$work/session"; }
for maps in . "$(userns 0:100000:65536)"; do
    container outside "$maps" "$fetch"
    expect_status 0 with_key "$RT" --root "$state" run -b "$work/outside" "$prefix-outside"
    expect_text "own keyring" "$out" "Required key not available"
    expect_status 0 with_key "$RT" --root "$state" run --no-new-keyring -b "$work/outside" "$prefix-outside"
    expect_equal "keyring of the caller" "$out" secret
done

# Containers of one name do not meet in one keyring.
container twice . 'keyctl rdescribe @s'
expect_status 0 rt run -b "$work/twice" "$prefix-twice" && first=$out
expect_status 0 rt run -b "$work/twice" "$prefix-twice"
[[ $first != "$out" ]] || fail "the same keyring twice: $out"
checks=$((checks + 1))

# The keyring is recorded, for what joins the container later, where only root may read it.
expect_status 0 rt create -b "$work/twice" "$prefix-recorded"
expect_text "recorded" "$(jq -r .sessionKeyring "$state/$prefix-recorded/private.json")" "_ses.$prefix-recorded."
expect_status 0 rt delete --force "$prefix-recorded"
expect_status 0 rt create --no-new-keyring -b "$work/twice" "$prefix-recorded"
expect_equal "recorded" "$(jq -r .sessionKeyring "$state/$prefix-recorded/private.json")" ""
expect_status 0 rt delete --force "$prefix-recorded"

# No room for another key: the user that is root of the container has used up its quota.
full=$((1000000 + $$))
coproc filler { setpriv --reuid $full --regid $full --clear-groups keyctl session - sh -c 'i=0; while keyctl add user $i x @s >/dev/null 2>&1; do i=$((i+1)); done; echo full; read x' 2>/dev/null; }
if read -r line <&"${filler[0]}" && [[ $line == full ]]; then
    container quota "$(userns 0:$full:65536)" true
    expect_status 125 rt run -b "$work/quota" "$prefix-quota"
    expect_text "quota" "$err" "_ses.$prefix-quota" EDQUOT maxkeys --no-new-keyring
    expect_nothing_left "$prefix-quota"
    expect_status 0 rt run --no-new-keyring -b "$work/quota" "$prefix-quota"
fi
echo >&"${filler[1]}"
wait

# A kernel without keys is no obstacle; where keyctl(2) is forbidden, the message names the way out.
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
    traced() { strace -f -qq -o /dev/null -e trace=keyctl -e "inject=keyctl:error=$1${2:-}" "$RT" --root "$state" run -b "$work/plain" "$prefix-plain"; }
    new_bundle plain >/dev/null
    expect_status 0 traced ENOSYS
    # Keys of containers that have ended count for a while.
    expect_status 0 traced EDQUOT :when=1..3
    expect_status 125 traced EPERM
    expect_text "forbidden" "$err" "_ses.$prefix-plain" EPERM --no-new-keyring
    expect_nothing_left "$prefix-plain"
else
    echo "strace(1) is not installed or not allowed: the missing system call is not tested"
fi
finish
