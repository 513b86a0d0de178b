#!/usr/bin/env bash
# The mappings that rt spec writes: what they are, that they are valid and run, and whose ids --userns auto takes.
source "$(dirname "$0")/lib.bash"
source "$(dirname "$0")/accounts.bash"
id=$prefix-spec
has_schema=$(python3 -c 'import jsonschema' 2>/dev/null && echo yes || true)

maps() { jq -r "[.linux.$1[] | \"\(.containerID):\(.hostID):\(.size)\"] | join(\" \")" "$2/config.json"; }
# written DIR UIDS GIDS: the config there has these mappings and is valid.
written() {
    expect_equal "uids" "$(maps uidMappings "$1")" "$2"
    expect_equal "gids" "$(maps gidMappings "$1")" "${3:-$2}"
    local said=$err
    [[ -z $has_schema ]] || expect_status 0 "$SOURCE_DIR/tests/validate" config "$1/config.json"
    err=$said
}
# By anna, in her bundle directory: spec OPTION...; what it warns of is in $err.
uspec() { rm -f "$work/user/config.json"; expect_status 0 urt spec --no-terminal "$@" -- sh -c 'id -u; id -g; cat /proc/self/uid_map'; }
uruns() { expect_status 0 urt run "$id"; expect_equal "inside: $*" "$(tr -s ' ' <<<"$out" | sed 's/^ //')" "$(printf '%s\n' "$@")"; }

# --rootless
ranges "berta:50000:10" "anna:400000:10" "12345:300000:5"
uspec --rootless
written "$work/user" "0:12345:1 1:300000:5 6:400000:10"
expect_equal "warnings" "$err" ""
uruns 0 0 "0 12345 1" "1 300000 5" "6 400000 10"
ranges "berta:50000:10"
uspec --rootless
written "$work/user" "0:12345:1"
expect_text "announced" "$err" "a single uid" "a single gid" "/etc/subuid gives anna no further"
ranges "anna:300000:5"
mkdir "$work/empty"
path=$work/empty uspec --rootless
written "$work/user" "0:12345:1"
expect_text "no helper" "$err" "newuidmap is not found"

# Without a mapping the config is for root, and an ordinary user hears of it; root, or who asks for a mapping, does not.
uspec
expect_equal "no mapping" "$(jq .linux.uidMappings "$work/user/config.json")" null
expect_text "a config for root" "$err" "warning: " "the config is for root" "no CAP_SYS_ADMIN" "rt spec --rootless"
expect_status 125 urt run "$id"
for options in --rootless --keep-id "--map 0:12345:1"; do
    # shellcheck disable=SC2086  # several words
    uspec $options
    [[ $err != *"the config is for root"* ]] || fail "$options: $err"
done

# --keep-id
ranges "anna:300000:65536"
uspec --keep-id
written "$work/user" "0:300000:12345 12345:12345:1 12346:312345:53191"
uruns 12345 12345 "0 300000 12345" "12345 12345 1" "12346 312345 53191"
ranges
uspec --keep-id
written "$work/user" "12345:12345:1"
expect_status 0 urt run "$id"

# --map, --uid-map, --gid-map
ranges "anna:300000:65536"
uspec --map 0:12345:1 --uid-map=1:300000:9 --gid-map 1:300100:5
written "$work/user" "0:12345:1 1:300000:9" "0:12345:1 1:300100:5"
uruns 0 0 "0 12345 1" "1 300000 9"
uspec --uid-map 5:300000:9
written "$work/user" "5:300000:9"
uruns 5 5 "5 300000 9"
expect_equal "network of the caller" "$(jq '[.linux.namespaces[].type] | index("network")' "$work/user/config.json")" null

# As root: nothing is taken away, and the user namespace owns it all.
rspec() {  # OPTION...
    rm -rf "$work/root"
    mkdir "$work/root"
    cp -r "$work/user/rootfs" "$work/root/rootfs"
    expect_status 0 rt spec -b "$work/root" --no-terminal "$@" -- cat /proc/self/uid_map
}
rruns() { expect_status 0 rt run -b "$work/root" "$id"; expect_equal "inside: $*" "$(tr -s ' ' <<<"$out" | sed 's/^ //')" "$(printf '%s\n' "$@")"; expect_nothing_left_of_it; }
expect_nothing_left_of_it() { [[ ! -e $state/$id ]] || fail "state is left"; }
printf '%s\n' 'anna:500000:10' 'dockremap:200000:3' 'anna:100000:65536' '12345:300000:5' >/etc/subuid
printf '%s\n' 'anna:700000:65536' 'staff:800000:65536' '50:900000:10' 'dockremap:200000:3' >/etc/subgid
rspec
expect_equal "for root, by root" "$err" ""
rspec --userns-remap anna
written "$work/root" "0:100000:65536 65536:300000:5 65541:500000:10" "0:700000:65536"
rruns "0 100000 65536" "65536 300000 5" "65541 500000 10"
expect_text "namespaces" "$(jq -c '[.linux.namespaces[].type]' "$work/root/config.json")" network user
rspec --userns-remap 12345:staff
written "$work/root" "0:100000:65536 65536:300000:5 65541:500000:10" "0:800000:65536"
rspec --userns-remap anna:50
written "$work/root" "0:100000:65536 65536:300000:5 65541:500000:10" "0:900000:10"
rspec --userns-remap default
written "$work/root" "0:200000:3"
rruns "0 200000 3"
rm "$work/root/config.json"
for words in nobody:staff carla; do
    expect_status 1 rt spec -b "$work/root" --userns-remap "$words"
    expect_text "no ranges" "$err" "/etc/subuid has no line for '${words%:*}'" "usermod --add-subuids"
done
for words in "" ":" "anna:" ":staff"; do expect_status 1 rt spec -b "$work/root" --userns-remap "$words"; done
rspec --rootless
expect_text "rootless for root" "$(maps uidMappings "$work/root")" "0:0:1"

# What is no mapping is refused, and nothing is written.
rm "$work/root/config.json"
for options in "--map 0:1" "--map a:b:c" "--map 0:1:0" "--map 0:1:5 --map 3:100:5" "--keep-id --userns auto" \
    "--map 0:1:1 --userns-remap anna" "--userns other" "--userns auto:0" "--userns auto:x"; do
    # shellcheck disable=SC2086  # several words
    expect_status 1 rt spec -b "$work/root" $options
    expect_equal "$options" "$(ls "$work/root")" rootfs
done
expect_status 1 rt spec -b "$work/root" sh
expect_text "a word" "$err" "'sh'"

# --userns auto: apart from all others, given back with the container.
auto() {  # NAME [SIZE]: leaves the first id in $first
    mkdir -p "$work/$1"
    [[ -e $work/$1/rootfs ]] || cp -r "$work/user/rootfs" "$work/$1/rootfs"
    rm -f "$work/$1/config.json"
    expect_status 0 rt spec -b "$work/$1" --no-terminal --userns "auto${2:+:$2}" -- cat /proc/self/uid_map
    first=$(jq '.linux.uidMappings[0].hostID' "$work/$1/config.json")
}
listed() { jq -r '[.[] | (.bundle | split("/")[-1]) + "=" + (.containers | join(","))] | join(" ")' "$state/.ranges.json" 2>/dev/null || true; }
auto one
written "$work/one" "0:$first:65536"
expect_equal "listed" "$(listed)" "one="
((first >= 600113152 && first + 65536 <= 1879048192)) || fail "the range begins at $first"
place=$first
rm -r "${state:?}"
auto one
expect_equal "the same place without the list" "$first" "$place"
auto one
expect_equal "chosen anew for the same bundle" "$(listed)" "one="
# Somebody gets hold of that place: a user, an account, a group, a namespace, a list.
without_last() { local text; text=$(sed '$d' "$1"); printf '%s\n' "$text" >"$1"; }  # a mount point cannot be replaced
taken() {  # WHAT FIRST LAST: another place is found, without these
    auto one
    ((first > $3 || first + 65536 <= $2)) || fail "$1: $first has $2-$3"
    ((first != place)) || fail "$1: the same place"
}
echo "berta:$((place + 65535)):1" >>/etc/subuid; taken subuid $((place + 65535)) $((place + 65535)); without_last /etc/subuid
echo "berta:$((place - 5)):6" >>/etc/subgid; taken subgid $place $place; without_last /etc/subgid
echo "carla:x:$((place + 7)):5::/:" >>/etc/passwd; taken passwd $((place + 7)) $((place + 7)); without_last /etc/passwd
echo "crew:x:$((place + 7)):" >>/etc/group; taken group $((place + 7)) $((place + 7)); without_last /etc/group
new_bundle foreign "$(userns "0:$((place + 65000)):1000") | .process.args=[\"sleep\",\"1000\"]" >/dev/null
"$RT" --root "$work/foreign-state" run -d -b "$work/foreign" "$prefix-foreign"
taken "a namespace" $((place + 65000)) $((place + 65999))
"$RT" --root "$work/foreign-state" delete --force "$prefix-foreign"
rt run --keep -b "$work/foreign" "$prefix-stopped" 2>/dev/null &
for _ in $(seq 200); do [[ $(rt state "$prefix-stopped" 2>/dev/null | jq -r .status) == running ]] && break; sleep 0.05; done
rt kill "$prefix-stopped" KILL
wait $! || true
taken "a container that has ended" $((place + 65000)) $((place + 65999))
rt delete "$prefix-stopped"
auto one
expect_equal "free again" "$first" "$place"

auto two
second=$first
auto one
expect_status 0 rt run -b "$work/one" "$id"
expect_equal "inside" "$(tr -s ' ' <<<"$out" | sed 's/^ //')" "0 $first 65536"
expect_equal "given back by run" "$(listed)" "two="
expect_status 0 rt run -b "$work/one" "$id"
expect_status 0 rt create -b "$work/one" "$id-a"
expect_status 0 rt create -b "$work/one" "$id-b"
expect_equal "taken over" "$(listed)" "two= one=$id-a,$id-b"
expect_status 0 rt delete "$id-a"
expect_equal "the last holds it" "$(listed)" "two= one=$id-b"
expect_status 0 rt delete --force "$id-b"
expect_equal "given back by delete" "$(listed)" "two="
change_config two '.process.args=["/no/such/program"]'
expect_status 127 rt run -b "$work/two" "$id"
expect_equal "a container that was not made" "$(listed)" "two="
rm "$work/two/config.json"
auto one
expect_equal "a bundle that is gone" "$(listed)" "one="

# A range that went to another bundle meanwhile.
cp "$work/one/config.json" "$work/config.one"
jq ".[0].bundle=\"$work/two\"" "$state/.ranges.json" >"$work/list" && cp "$work/list" "$state/.ranges.json"
touch "$work/two/config.json"
expect_status 125 rt run -b "$work/one" "$id"
expect_text "it is another's" "$err" "$work/two" "rt spec --userns auto"
expect_equal "nothing changed" "$(listed)" "two="

# Many at once get ranges of their own.
for i in $(seq 8); do mkdir "$work/many$i"; done
for i in $(seq 8); do rt spec -b "$work/many$i" --userns auto:100000000 & done
wait
firsts=$(for i in $(seq 8); do jq '.linux.uidMappings[0].hostID' "$work/many$i/config.json"; done | sort -n)
last=0
for first in $firsts; do
    ((first >= last)) || fail "$first overlaps"
    last=$((first + 100000000))
done
expect_equal "of eight" "$(wc -w <<<"$firsts")" 8
mkdir "$work/none"
expect_status 1 rt spec -b "$work/none" --userns auto:600000000
expect_text "no room" "$err" "600000000 uids" "600113152-1879048191"
expect_equal "nothing written" "$(ls "$work/none")" ""

# An ordinary user: within the own ranges, one after the other.
ranges "anna:300000:100" "berta:300010:10"
uspec --userns auto:10
written "$work/user" "0:300000:10"
uruns 0 0 "0 300000 10"
expect_equal "nothing left" "$(ls -A "$work/run/rt")" ""
user mkdir "$work/user/other"
rm "$work/user/config.json"
expect_status 0 urt spec --userns auto:10
expect_status 0 urt spec -b other --userns auto:80
expect_equal "beside the other and berta" "$(maps uidMappings "$work/user/other")" "0:300020:80"
rm "$work/user/config.json"
expect_status 1 urt spec --userns auto
expect_text "too many" "$err" "65536 uids" "300000-300099" "auto:1000"
rm -f "$work/user/other/config.json"

finish
