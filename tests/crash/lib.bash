# What these tests share, on top of the helpers of cli/: a mount namespace of their own, so that what is left mounted shows
# whatever else the machine mounts meanwhile, and leave to trace.
[[ $EUID == 0 ]] || { echo "skipped: these tests need root"; exit 77; }
[[ -n ${RT_OWN_MOUNTS:-} ]] || exec env RT_OWN_MOUNTS=1 unshare --mount --propagation private bash "$0" "$@"
source "${SOURCE_DIR:?top of the checkout}/tests/cli/lib.bash"
programs=${RT_PROGRAMS:-$(dirname "$RT")}
