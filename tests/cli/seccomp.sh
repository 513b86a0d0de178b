#!/usr/bin/env bash
# The system call filter: what each action, operator, architecture and flag does to a program inside, that the start survives
# whatever the filter forbids, and what is refused. The seccomp agent has a file of its own: seccomp-notify.sh.
source "$(dirname "$0")/lib.bash"
source "$(dirname "$0")/seccomp.bash"

# Each action, as mkdirat(2) sees it: EFAULT (14) comes from the kernel itself, which has no path to read.
action() {  # ACTION-AND-ERRNO STATUS OUTPUT
    inside action "$(filter SCMP_ACT_ALLOW "{names:[\"mkdirat\"],$1}") | $(call mkdirat)" "$2" "$3"
}
action 'action:"SCMP_ACT_ALLOW"' 0 "errno 14"
action 'action:"SCMP_ACT_LOG"' 0 "errno 14"
action 'action:"SCMP_ACT_ERRNO"' 0 "errno 1"
action 'action:"SCMP_ACT_ERRNO",errnoRet:13' 0 "errno 13"
action 'action:"SCMP_ACT_ERRNO",errnoRet:4094' 0 "errno 4094"
action 'action:"SCMP_ACT_ERRNO",errnoRet:0' 0 "ok 0"
action 'action:"SCMP_ACT_TRACE"' 0 "errno 38"  # nobody traces: ENOSYS (seccomp(2))
action 'action:"SCMP_ACT_TRAP"' 0 "trap $("$system_call" --number mkdirat)"
for kill in KILL KILL_THREAD KILL_PROCESS; do action "action:\"SCMP_ACT_$kill\"" 159 ""; done  # 128 + SIGSYS
inside default "$(filter SCMP_ACT_KILL) | $(call getpid)" 159 ""  # config-linux.md: killed on its first system call
inside other "$(filter SCMP_ACT_ALLOW '{names:["mkdirat"],action:"SCMP_ACT_ERRNO"}') | $(call getpid)" 0 "ok 1"

# Operators: getpid(2) takes no argument, so what stands there is the filter's alone.
operator() {  # OPERATOR VALUE [VALUE-TWO] -- ARGUMENT:HOLDS...
    local op=$1 value=$2 two='' entry
    shift 2
    [[ $1 == -- ]] || { two=",valueTwo:$1"; shift; }
    shift
    for entry in "$@"; do
        local wanted="ok 1"
        [[ ${entry#*:} == no ]] || wanted="errno 5"
        inside operator "$(filter SCMP_ACT_ALLOW "{names:[\"getpid\"],action:\"SCMP_ACT_ERRNO\",errnoRet:5,args:[{index:2,op:\"SCMP_CMP_$op\",value:$value$two}]}") | $(call getpid 0 0 "${entry%:*}" 0)" 0 "$wanted"
    done
}
operator NE 7 -- 6:yes 7:no 0x100000007:yes
operator LT 7 -- 6:yes 7:no 0x100000006:no
operator LE 7 -- 7:yes 8:no
operator EQ 7 -- 7:yes 6:no 0x100000007:no
operator GE 7 -- 7:yes 6:no 0x100000000:yes
operator GT 4294967295 -- 0xFFFFFFFF:no 0x100000000:yes
operator MASKED_EQ 240 48 -- 0x30:yes 0x3F:yes 0x13F:yes 0x20:no
both='{names:["getpid"],action:"SCMP_ACT_ERRNO",errnoRet:5,args:[{index:0,op:"SCMP_CMP_EQ",value:1},{index:1,op:"SCMP_CMP_EQ",value:2}]}'
inside both "$(filter SCMP_ACT_ALLOW "$both") | $(call getpid 1 2)" 0 "errno 5"
inside both "$(filter SCMP_ACT_ALLOW "$both") | $(call getpid 1 3)" 0 "ok 1"
either='{names:["getpid"],action:"SCMP_ACT_ERRNO",errnoRet:5,args:[{index:0,op:"SCMP_CMP_EQ",value:1},{index:0,op:"SCMP_CMP_EQ",value:2}]}'
inside either "$(filter SCMP_ACT_ALLOW "$either") | $(call getpid 2)" 0 "errno 5"
inside either "$(filter SCMP_ACT_ALLOW "$either") | $(call getpid 3)" 0 "ok 1"
# A personality that the filter forbids is set all the same: /linux/personality comes before it.
inside personality "$(filter SCMP_ACT_ALLOW '{names:["personality"],action:"SCMP_ACT_KILL_PROCESS"}') | .linux.personality={domain:\"LINUX32\"} | $(call getpid)" 0 "ok 1"

# Architectures: int 0x80 is the interface of 32-bit programs, its getpid is number 20.
if [[ $("$system_call" --32 20 2>/dev/null) == ok* ]]; then
    rule='{names:["getpid"],action:"SCMP_ACT_ERRNO",errnoRet:5}'
    inside arch "$(filter SCMP_ACT_ALLOW "$rule" architectures '["SCMP_ARCH_X86_64","SCMP_ARCH_X86","SCMP_ARCH_X32"]') | $(call --32 20)" 0 "errno 5"
    inside arch "$(filter SCMP_ACT_ALLOW "$rule" architectures '["SCMP_ARCH_X86"]') | $(call getpid)" 0 "errno 5"
    inside arch "$(filter SCMP_ACT_ALLOW "$rule" architectures '["SCMP_ARCH_X86_64"]') | $(call --32 20)" 159 ""
    inside arch "$(filter SCMP_ACT_ALLOW "$rule") | $(call --32 20)" 159 ""
    inside arch "$(filter SCMP_ACT_ALLOW "$rule") | $(call --x32 39)" 159 ""
    inside arch "$(filter SCMP_ACT_ALLOW "$rule" architectures '["SCMP_ARCH_X32"]') | $(call --x32 39)" 0 "errno 5"
else
    echo "not checked: 32-bit system calls, which this machine does not have"
fi
inside foreign "$(filter SCMP_ACT_ALLOW '{names:["getpid"],action:"SCMP_ACT_ERRNO"}' architectures '["SCMP_ARCH_SHEB","SCMP_ARCH_M68K","SCMP_ARCH_LOONGARCH64"]') | $(call getpid)" 0 "errno 1"

# The profile of an engine: calls newer than it are not there, and the rest is as it says.
engine=$(jq -c '.defaultErrnoRet=1 | .syscalls |= map(.names -= ["getcwd"])' "$SOURCE_DIR/tests/data/seccomp-podman.json")
inside newer ".linux.seccomp=$engine | $(call 600)" 0 "errno 38"
inside older ".linux.seccomp=$engine | $(call getcwd)" 0 "errno 1"
inside allowed ".linux.seccomp=$engine | $(call getpid)" 0 "ok 1"

# Flags; without the list the speculation of the program is not restrained. (prctl(PR_GET_SPECULATION_CTRL): proc_pid_status(5).)
speculation() { grep -o 'Speculation_Store_Bypass:.*' /proc/self/status; }
status='.process.args=["sh","-c","grep -E \"^(Seccomp|Speculation_Store)\" /proc/self/status"]'
inside flags "$(filter SCMP_ACT_ALLOW) | $status" 0 $'Seccomp:\t2\nSeccomp_filters:\t1\n'"$(speculation)"
for flag in TSYNC LOG SPEC_ALLOW WAIT_KILLABLE_RECV; do
    inside flag "$(filter SCMP_ACT_ALLOW '' flags "[\"SECCOMP_FILTER_FLAG_$flag\"]") | $(call getpid)" 0 "ok 1"
done
inside none "$(filter SCMP_ACT_ALLOW '' flags '[]') | $(call getpid)" 0 "ok 1"
inside unused "$(filter SCMP_ACT_ALLOW '' listenerPath '"/nowhere/agent"') | $(call getpid)" 0 "ok 1"

# The start survives a filter that forbids, on pain of death, all that rt does itself.
of_rt='"getcwd","openat2","fsopen","fsconfig","fsmount","fspick","move_mount","open_tree","mount_setattr","mount","umount2","pivot_root","prctl","capset","capget","sendmsg","recvmsg","accept","accept4","socket","socketpair","connect","bind","listen","close_range","close","fcntl","setresuid","setresgid","setgroups","chdir","fchdir","chroot","mkdirat","mknodat","unshare","setns","clone","clone3","seccomp","sched_setaffinity","sched_setscheduler","sched_setattr","setpriority","ioprio_set","set_mempolicy","keyctl","setsid","umask","setrlimit","faccessat2","statx","personality","sethostname","poll","ppoll","read","openat","futex","nanosleep","clock_nanosleep","pipe2","wait4","waitid","rt_sigprocmask"'
for kind in "${kinds[@]}"; do
    for action in ERRNO KILL_PROCESS TRAP; do
        inside survives "$(kind "$kind") | $(filter SCMP_ACT_ALLOW "{names:[$of_rt],action:\"SCMP_ACT_$action\"}") | $(call getpid)" 0 "ok 1"
    done
    inside engine "$(kind "$kind") | .linux.seccomp=$engine | .process.args=[\"sh\",\"-c\",\"echo started; getcwd; ls / | wc -l\"]" 0 started
    # What loading takes leaves no trace in the program (proc_pid_status(5)); the bits are those of capabilities(7).
    wanted=$'CapPrm:\t0000000020000420\nCapEff:\t0000000020000420'
    [[ $kind != *user1000* ]] || wanted=$'CapPrm:\t0000000000000000\nCapEff:\t0000000000000000'
    inside capabilities "$(kind "$kind") | $(filter SCMP_ACT_ALLOW '{names:["capset"],action:"SCMP_ACT_KILL"}') | .process.args=[\"sh\",\"-c\",\"grep -E '^Cap|^NoNew|^Seccomp:' /proc/self/status\"]" 0 \
        $'CapInh:\t0000000000000000\n'"$wanted"$'\nCapBnd:\t0000000020000420\nCapAmb:\t0000000000000000\nNoNewPrivs:\t'"$([[ $kind == *nnp* ]] && echo 1 || echo 0)"$'\nSeccomp:\t2'
done
caps='["CAP_KILL"]'
inside ambient "$(kind "user user1000") | $(filter SCMP_ACT_ALLOW) | .process.capabilities={bounding:$caps,permitted:$caps,effective:$caps,inheritable:$caps,ambient:$caps} | .process.args=[\"sh\",\"-c\",\"grep ^Cap /proc/self/status\"]" 0 \
    $'CapInh:\t0000000000000020\nCapPrm:\t0000000000000020\nCapEff:\t0000000000000020\nCapBnd:\t0000000000000020\nCapAmb:\t0000000000000020'

# In two steps: the filter is loaded by start. A created container is told apart by nothing.
new_bundle two "$(filter SCMP_ACT_ALLOW '{names:["getcwd","accept4","sendmsg","close_range"],action:"SCMP_ACT_KILL_PROCESS"}') | .process.args=[\"sleep\",\"1000\"]" >/dev/null
expect_status 0 rt create -b "$work/two" "$prefix-two"
pid=$(rt state "$prefix-two" | jq .pid)
expect_equal "filter before start" "$(grep -s ^Seccomp: "/proc/$pid/status")" $'Seccomp:\t0'
expect_status 0 rt start "$prefix-two"
expect_equal "filter after start" "$(grep -s ^Seccomp: "/proc/$pid/status")" $'Seccomp:\t2'
expect_equal "descriptors" "$(ls "/proc/$pid/fd" | wc -l)" 3
expect_status 0 rt delete --force "$prefix-two"
expect_nothing_left "$prefix-two"

# A program that cannot be executed is still told from one that ran, with the reason, whatever the filter forbids.
printf '#!/no/interpreter\n' >"$work/rootfs/bin/script"
chmod 755 "$work/rootfs/bin/script"
for action in ERRNO KILL_PROCESS; do
    new_bundle script "$(filter SCMP_ACT_ALLOW "{names:[$of_rt,\"brk\",\"mmap\",\"newfstatat\",\"munmap\"],action:\"SCMP_ACT_$action\"}") | .process.args=[\"/bin/script\"]" >/dev/null
    expect_status 127 rt run -b "$work/script" "$prefix-script"
    expect_text "refused program" "$err" "bin/script: no such file or directory" "/no/interpreter"
    expect_status 0 rt create -b "$work/script" "$prefix-script"
    expect_status 1 rt start "$prefix-script"
    expect_text "refused program" "$err" "/no/interpreter"
    expect_status 0 rt delete "$prefix-script"
    expect_nothing_left "$prefix-script"
    rm -r "$work/script"
done
inside no-execve "$(filter SCMP_ACT_ALLOW '{names:["execve"],action:"SCMP_ACT_ERRNO"}') | $(call getpid)" 126 ""
expect_text "forbidden execve" "$err" "operation not permitted"

# Refused, before anything is made, at its place (A18, A19, C13, C14).
refused() { expect_refused ".linux.seccomp=$1" "${@:2}"; }  # VALUE-OF-SECCOMP FRAGMENT...
refused '{architectures:["SCMP_ARCH_X86_64"]}' /linux/seccomp/defaultAction
refused '{flags:["SECCOMP_FILTER_FLAG_LOG"]}' /linux/seccomp/defaultAction
refused '{defaultAction:"SCMP_ACT_NONE"}' /linux/seccomp/defaultAction SCMP_ACT_NONE SCMP_ACT_KILL_PROCESS
refused '{defaultAction:"SCMP_ACT_KILL",defaultErrnoRet:1}' /linux/seccomp/defaultErrnoRet SCMP_ACT_KILL
refused '{defaultAction:"SCMP_ACT_ALLOW",syscalls:[{names:["read"],action:"SCMP_ACT_KILL",errnoRet:1}]}' /linux/seccomp/syscalls/0/errnoRet
refused '{defaultAction:"SCMP_ACT_ALLOW",syscalls:[{names:[],action:"SCMP_ACT_KILL"}]}' /linux/seccomp/syscalls/0/names
refused '{defaultAction:"SCMP_ACT_ALLOW",syscalls:[{names:["read"],action:"SCMP_ACT_KILL",args:[{index:6,value:1,op:"SCMP_CMP_EQ"}]}]}' /linux/seccomp/syscalls/0/args/0/index
refused '{defaultAction:"SCMP_ACT_ALLOW",syscalls:[{names:["read"],action:"SCMP_ACT_KILL",args:[{index:1,value:1,op:"=="}]}]}' /linux/seccomp/syscalls/0/args/0/op SCMP_CMP_EQ
refused '{defaultAction:"SCMP_ACT_ALLOW",architectures:["SCMP_ARCH_VAX"]}' /linux/seccomp/architectures/0 SCMP_ARCH_RISCV64
refused '{defaultAction:"SCMP_ACT_ALLOW",flags:["SECCOMP_FILTER_FLAG_FAST"]}' /linux/seccomp/flags/0 SECCOMP_FILTER_FLAG_LOG
refused '{defaultAction:"SCMP_ACT_ALLOW",listenerMetadata:"x"}' /linux/seccomp/listenerMetadata listenerPath
refused '{defaultAction:"SCMP_ACT_NOTIFY"}' /linux/seccomp/defaultAction listenerPath
refused '{defaultAction:"SCMP_ACT_NOTIFY",listenerPath:"agent"}' /linux/seccomp/listenerPath absolute
refused '{defaultAction:"SCMP_ACT_ALLOW",syscalls:[{names:["lseek"],action:"SCMP_ACT_KILL",args:[{index:1,value:1,op:"SCMP_CMP_EQ"}]},{names:["lseek"],action:"SCMP_ACT_LOG",args:[{index:1,value:1,op:"SCMP_CMP_EQ"}]}]}' /linux/seccomp/syscalls/1 lseek

# A name that nobody knows is worth a debug line, no more.
new_bundle unknown "$(filter SCMP_ACT_ALLOW '{names:["nosuchcall","getpid"],action:"SCMP_ACT_ERRNO"}') | $(call getpid)" >/dev/null
expect_status 0 rt --debug run -b "$work/unknown" "$prefix-unknown"
expect_equal "the known one" "$out" "errno 1"
expect_text "debug" "$err" "/linux/seccomp/syscalls/0" "'nosuchcall'"
expect_status 0 rt run -b "$work/unknown" "$prefix-unknown"
expect_equal "no warning" "$err" ""

finish
