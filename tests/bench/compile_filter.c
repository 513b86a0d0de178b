/* compile_filter FILE: writes to FILE the seccomp program of libseccomp for the rules on standard input. It is made
 * beforehand: compiling is work of a runtime, loading is what the kernel asks for.
 *   default ACTION
 *   arch NAME
 *   rule ACTION SYSTEM-CALL [INDEX OPERATOR VALUE VALUE]...     ACTION: the number that a program returns */
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char* word(void) { return strtok(NULL, " \n"); }

static enum scmp_compare operator_named(const char* name) {
    static const char* const names[] = {"", "NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"};
    for (int i = SCMP_CMP_NE; i <= SCMP_CMP_MASKED_EQ; i++)
        if (!strcmp(name, names[i])) return (enum scmp_compare)i;
    fprintf(stderr, "compile_filter: no operator '%s'\n", name);
    exit(1);
}

static void add_architecture(scmp_filter_ctx context) {
    int error = seccomp_arch_add(context, seccomp_arch_resolve_name(word()));
    if (error < 0 && error != -EEXIST) exit(1); /* that of the machine is there already */
}

static void add_rule(scmp_filter_ctx context, uint32_t usual) {
    uint32_t action = (uint32_t)strtoul(word(), NULL, 0);
    int number = seccomp_syscall_resolve_name(word());
    if (action == usual || number == __NR_SCMP_ERROR) return;
    struct scmp_arg_cmp conditions[6];
    unsigned count = 0;
    for (const char* index; count < 6 && (index = word());) {
        struct scmp_arg_cmp* condition = &conditions[count++];
        condition->arg = (unsigned)atoi(index);
        condition->op = operator_named(word());
        condition->datum_a = strtoull(word(), NULL, 0);
        condition->datum_b = strtoull(word(), NULL, 0);
    }
    seccomp_rule_add_array(context, action, number, count, conditions);
}

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    scmp_filter_ctx context = NULL;
    uint32_t usual = 0;
    for (char line[1024]; fgets(line, sizeof line, stdin);) {
        const char* kind = strtok(line, " \n");
        if (!kind) continue;
        if (!strcmp(kind, "default")) {
            usual = (uint32_t)strtoul(word(), NULL, 0);
            context = seccomp_init(usual);
        } else if (!strcmp(kind, "arch")) {
            add_architecture(context);
        } else {
            add_rule(context, usual);
        }
    }
    int fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return fd < 0 || seccomp_export_bpf(context, fd) < 0;
}
