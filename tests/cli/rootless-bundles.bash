# The example bundles as an ordinary user runs them. Sourced after lib.bash, by a test that has such a user.

# run_bundles UID COMMAND... : the command runs its arguments as the user UID, whose /etc/subuid has 100000-165535, in the
# directory of the bundle that lies there, $bundle_directory. Ids that are not hers become those: her own is root in the container.
run_bundles() {
    local uid=$1 name
    shift
    local own="[{containerID:0,hostID:$uid,size:1},{containerID:1,hostID:100000,size:65535}]"
    local mapped=".linux.uidMappings=$own | .linux.gidMappings=$own | .linux.namespaces |= (map(select(.type != \"user\")) + [{type:\"user\"}])"
    for name in "$SOURCE_DIR"/bundles/*/config.json; do
        name=$(basename "$(dirname "$name")")
        jq "$mapped" "$SOURCE_DIR/bundles/$name/config.json" >"$bundle_directory/config.json"
        rm -rf "$bundle_directory/data" && mkdir "$bundle_directory/data" && chown "$uid:$uid" "$bundle_directory/data"
        "run_$name" "$uid" "$@"
    done
}

# The last lines of the output, of a bundle that ends by itself.
ends_with() {  # WHAT TEXT COMMAND...
    local what=$1 text=$2
    shift 2
    expect_status 0 "$@"
    expect_equal "$what" "$(tail -n "$(wc -l <<<"$text")" <<<"$out" | tr -s ' \t' ' ')" "$text"
}

# Of one that runs until it is told to end.
says_and_ends() {  # WHAT TEXT COMMAND...
    local what=$1 text=$2
    shift 2
    expect_status 0 "$@" run -d --pid-file "$bundle_directory/pid" "$prefix-bundle"
    for _ in $(seq 200); do [[ $(wc -l <"$work/out") -ge $(wc -l <<<"$text") ]] && break; sleep 0.05; done
    expect_equal "$what" "$(tr -s ' ' <"$work/out")" "$text"
    expect_status 0 "$@" kill "$prefix-bundle" TERM
    for _ in $(seq 200); do [[ $("$@" state "$prefix-bundle" | jq -r .status) == stopped ]] && break; sleep 0.05; done
    expect_status 0 "$@" delete "$prefix-bundle"
}

run_hello() { ends_with hello "hello from the container" "${@:2}" run "$prefix-bundle"; }
run_userns() { says_and_ends userns "uid=0(root) gid=0(root)"$'\n'" 0 $1 1"$'\n'" 1 100000 65535" "${@:2}"; }
run_userns-two-ranges() { says_and_ends userns-two-ranges "uid=0(root) gid=0(root)"$'\n'" 0 $1 1"$'\n'" 1 100000 65535" "${@:2}"; }
run_non-root-user() {
    ends_with non-root-user $'uid=1000(user) gid=1000(user) groups=33(www-data)\nCapEff: 0000000000000000\n/home/user' \
        "${@:2}" run "$prefix-bundle"
}
run_terminal() { expect_status 0 "${@:2}" run "$prefix-bundle"; }
run_volume() {
    sed -i "s,\"source\": \"data\",\"source\": \"$bundle_directory/data\"," "$bundle_directory/config.json"
    chmod 755 "$bundle_directory"
    expect_status 0 "${@:2}" run "$prefix-bundle"
    expect_equal "owners inside" "$(awk 'NF > 8 { print $9, $3, $4 }' <<<"$out")" $'root.txt 0 0\nwww 33 33\nvisit.txt 33 33'
    expect_equal "owners outside" "$(cd "$bundle_directory/data" && stat -c '%n %u %g' root.txt www www/visit.txt)" \
        "root.txt $1 $1"$'\n'"www 100032 100032"$'\n'"www/visit.txt 100032 100032"
}
