#!/usr/bin/env bash
# The supplementary groups of the caller stay in the container, when that is asked for: a file that only one of them may read.
source "$(dirname "$0")/lib.bash"
group=54321
as_group=(setpriv --groups "$group")
"${as_group[@]}" true 2>/dev/null || skip "setpriv(1) cannot change the groups here"
id=$prefix-groups

"$SOURCE_DIR/bundles/make-rootfs" "$work/rootfs"
mkdir "$work/rootfs/secret"
new_bundle groups "$(userns 0:100000:65536) | .process.args=[\"cat\",\"/secret/file\"] |
    .mounts += [{destination:\"/secret\", type:\"bind\", source:\"$work/secret\", options:[\"bind\",\"ro\"]}]" >/dev/null
mkdir "$work/secret"
echo "of the group" >"$work/secret/file"
chown 0:$group "$work/secret/file"
chmod 640 "$work/secret/file"
grouped() { "${as_group[@]}" "$RT" --root "$state" "$@"; }

expect_status 1 grouped run -b "$work/groups" "$id"
expect_text "without it" "$err" "Permission denied"
expect_status 0 grouped run --keep-groups -b "$work/groups" "$id"
expect_equal "by the option" "$out" "of the group"
expect_status 1 rt run --keep-groups -b "$work/groups" "$id"
change_config groups '.annotations={"run.oci.keep_original_groups":"1"}'
expect_status 0 grouped run -b "$work/groups" "$id"
expect_equal "by the annotation" "$out" "of the group"
change_config groups '.process.args=["id","-G"]'
expect_status 0 grouped run -b "$work/groups" "$id"
expect_equal "inside it has no number" "$out" "0 65534"

# exec: those of its own caller; the annotation is the container's.
change_config groups '.process.args=["sleep","1000"]'
expect_status 0 grouped run -d -b "$work/groups" "$id"
expect_status 0 grouped exec "$id" cat /secret/file
expect_status 1 rt exec "$id" cat /secret/file
expect_status 0 rt delete --force "$id"
change_config groups 'del(.annotations)'
expect_status 0 grouped run -d -b "$work/groups" "$id"
expect_status 1 grouped exec "$id" cat /secret/file
expect_status 0 grouped exec --keep-groups "$id" cat /secret/file
expect_status 125 grouped exec --keep-groups -g 5 "$id" true
expect_text "exec with other groups" "$err" "--keep-groups" "additionalGids"
expect_status 0 rt delete --force "$id"

# create and start
change_config groups '.process.args=["sh","-c","cat /secret/file >/dev/null && sleep 1000"]'
expect_status 0 grouped create --keep-groups -b "$work/groups" "$id"
expect_equal "its groups" "$(sed -n 's/^Groups:[[:space:]]*//p' "/proc/$(rt state "$id" | jq .pid)/status" | xargs)" "$group"
expect_status 0 rt delete --force "$id"

# Other groups beside them.
change_config groups '.process.args=["id","-G"] | .process.user.additionalGids=[7]'
expect_status 125 grouped run --keep-groups -b "$work/groups" "$id"
expect_text "with other groups" "$err" "--keep-groups" "/process/user/additionalGids"
change_config groups '.annotations={"run.oci.keep_original_groups":"1"}'
expect_status 0 grouped run -b "$work/groups" "$id"
expect_text "passed over" "$err" "additionalGids" "run.oci.keep_original_groups"
expect_equal "passed over" "$out" "0 65534"
change_config groups '.annotations={"run.oci.keep_original_groups":"maybe"}'
expect_status 125 grouped run -b "$work/groups" "$id"
expect_text "an odd value" "$err" "/annotations/run.oci.keep_original_groups" "maybe"
expect_nothing_left "$id"

finish
