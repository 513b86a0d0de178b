#!/usr/bin/env bash
# Every command in the EXAMPLES of the manual pages runs, in a world with what they name: /srv/web, web1, alice, www-data.
if [[ -z ${RT_EXAMPLES:-} ]] && unshare --mount true 2>/dev/null; then
    RT_EXAMPLES=1 exec unshare --mount --propagation private "$0"
fi
source "$(dirname "$0")/lib.bash"
[[ -n ${RT_EXAMPLES:-} ]] || skip "no mount namespace can be made here"

completions=/usr/share/bash-completion/completions
for place in /srv "$completions" /etc/passwd /etc/group /etc/subuid /etc/subgid; do
    [[ -e $place ]] || skip "$place is missing, which the examples name"
done
# The world: only this mount namespace has it.
mount -t tmpfs tmpfs /srv
mount -t tmpfs tmpfs "$completions"
mkdir -p "$work/bin" "$work/etc" /srv/web /srv/data
mkdir -m 700 "$state"
# Other tests run beside this one, so the cgroup of no container is called after its id.
cat >"$work/bin/rt" <<END
#!/bin/sh
"$RT" --root "$state" "\$@" || exit
[ "\$1" != spec ] || [ ! -e config.json ] || "$work/bin/own-cgroup" web1
END
cat >"$work/bin/own-cgroup" <<END
#!/bin/sh
jq --arg path "/$prefix-\$1" '.linux.cgroupsPath=\$path' config.json >config.new && mv config.new config.json
END
printf '#!/bin/sh\nexec "$@"\n' >"$work/bin/sudo"
chmod 755 "$work/bin/"*
export PATH=$work/bin:$PATH
for file in passwd group subuid subgid; do
    grep -v -e '^alice:' -e '^dockremap:' "/etc/$file" >"$work/etc/$file" || true
done
echo 'alice:x:100040:100040::/nonexistent:/bin/false' >>"$work/etc/passwd"
echo 'alice:x:100040:' >>"$work/etc/group"
printf 'alice:300000:65536\ndockremap:400000:65536\n' | tee -a "$work/etc/subuid" >>"$work/etc/subgid"
for file in passwd group subuid subgid; do mount --bind "$work/etc/$file" "/etc/$file"; done

cd /srv/web
"$SOURCE_DIR/bundles/make-rootfs" rootfs
mkdir -p rootfs/etc rootfs/data
printf 'root:x:0:0::/:/bin/sh\nwww-data:x:33:33::/:/bin/sh\n' >rootfs/etc/passwd
printf 'root:x:0:\nwww-data:x:33:\n' >rootfs/etc/group

bundle() {  # PROGRAM...: /srv/web/config.json
    rm -f config.json
    rt spec --no-terminal --map 0:100000:65536 -- "$@"
    own-cgroup web1
}

prepare() {  # PAGE: what an example of it finds
    local id
    bundle sleep 1000
    case $1 in
        rt-create | rt-run) bundle true ;;
        rt | rt-spec) rm -f config.json ;;
        rt-start) rt create web1 ;;
        rt-delete | rt-kill) for id in web1 web2 build-1; do own-cgroup "$id" && rt create "$id"; done && rt start web1 && rt start web2 ;;
        rt-features | rt-completion | rt-scan | rt-check) ;;
        *) rt run -d web1 ;;
    esac
    [[ $1 != rt-resume ]] || rt pause web1
}

# The commands of a page, each (or each block of them) ended by a NUL. A block with prompts shows what they print as well.
commands_of() {
    awk 'function flush() { if (block ~ /(^|\n|[ |])rt /) printf "%s%c", block, 0; block = "" }
        /^\.Sh/ { on = /EXAMPLES/ }
        !on { next }
        /^\.Dl / { block = substr($0, 5); flush(); next }
        /^\.Bd/ { literal = 1; prompts = 0; next }
        /^\.Ed/ { literal = 0; flush(); next }
        literal && /^\$ / { prompts = 1; block = block substr($0, 3) "\n"; next }
        literal && !prompts { block = block $0 "\n" }' "$1" | sed -z 's/^# //; s/\\(dq/"/g; s/\\e/\\/g'
}

for page in "$SOURCE_DIR"/man/*.[0-9]; do
    name=$(basename "${page%.*}")
    mapfile -d '' -t examples < <(commands_of "$page")
    for example in "${examples[@]}"; do
        checks=$((checks + 1))
        prepare "$name"
        status=0
        bash -euo pipefail -c "$example" >"$work/out" 2>"$work/err" </dev/null || status=$?
        # What finds something says so by its status.
        case $name in
            rt-scan) wanted='^[01]$' ;;
            rt-check) wanted='^[012]$' ;;
            *) wanted='^0$' ;;
        esac
        [[ $status =~ $wanted ]] || fail "$name: '$example': status $status: $(<"$work/err")"
        for id in $(rt list -q); do rt delete --force "$id"; done
    done
done
checks=$((checks + 1))
((checks > 35)) || fail "only $checks examples were found"
cd /
umount "$completions"
for file in passwd group subuid subgid; do umount "/etc/$file"; done
umount /srv
finish
