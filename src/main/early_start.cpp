// The first instructions of rt, before those of the C library. Where a container without a user namespace is to be made or entered,
// rt is started anew from a read-only mount of its file (os/own_program.hpp), and what the C library and the relocation of the
// program have done by then (milliseconds) would be done twice. So it is foreseen here, by a first look at the command line and
// at the text of config.json. To foresee it wrongly does no harm: what has to be started anew and was not is noticed later, and a
// start anew changes nothing but the time it takes.
//
// Nothing is relocated yet: no library function may be called, not even memset(3), and no table of pointers be read. Compiled
// freestanding (CMakeLists.txt).
#include <asm/unistd.h>
#include <elf.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "rt/os/own_program.hpp"

#ifdef __x86_64__
// The System V ABI, "Process Initialization": rdx and the stack are those that _start expects.
asm(R"(
    .globl rt_entry
    .hidden rt_entry
    .type rt_entry, @function
rt_entry:
    endbr64
    xorl %ebp, %ebp
    movq %rdx, %rbx
    movq %rsp, %r12
    movq %rsp, %rdi
    andq $-16, %rsp
    call rt_start_early
    movq %r12, %rsp
    movq %rbx, %rdx
    jmp _start
)");
#elif defined(__aarch64__)
asm(R"(
    .globl rt_entry
    .hidden rt_entry
    .type rt_entry, %function
rt_entry:
    mov x19, x0
    mov x0, sp
    bl rt_start_early
    mov x0, x19
    b _start
)");
#endif

namespace {

using Word = std::uintptr_t;

Word word_of(const void* pointer) { return reinterpret_cast<Word>(pointer); }

// A negative errno, as the kernel gives it.
long call(long number, Word first, Word second = 0, Word third = 0, Word fourth = 0, Word fifth = 0, Word sixth = 0) {
#ifdef __x86_64__
    long result = number;  // NOLINT(misc-const-correctness): asm writes it
    register const Word r10 asm("r10") = fourth;
    register const Word r8 asm("r8") = fifth;
    register const Word r9 asm("r9") = sixth;
    asm volatile("syscall"
                 : "+a"(result)
                 : "D"(first), "S"(second), "d"(third), "r"(r10), "r"(r8), "r"(r9)
                 : "rcx", "r11", "memory");
    return result;
#else
    register const long x8 asm("x8") = number;
    register Word x0 asm("x0") = first;
    register const Word x1 asm("x1") = second;
    register const Word x2 asm("x2") = third;
    register const Word x3 asm("x3") = fourth;
    register const Word x4 asm("x4") = fifth;
    register const Word x5 asm("x5") = sixth;
    asm volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return static_cast<long>(x0);
#endif
}

class Fd {
public:
    explicit Fd(long number) : number_(number) {}
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd() {
        if (number_ >= 0) call(__NR_close, word());
    }
    explicit operator bool() const { return number_ >= 0; }
    Word word() const { return static_cast<Word>(number_); }

private:
    long number_;
};

constexpr Word here = static_cast<Word>(AT_FDCWD);

long open_at(Word dir, const char* path, int flags) {
    return call(__NR_openat, dir, word_of(path), static_cast<Word>(flags | O_CLOEXEC));
}

// What comes after the beginning of a text, or nothing.
const char* after(const char* text, const char* beginning) {
    for (; *beginning != '\0'; ++beginning, ++text) {
        if (*text != *beginning) return nullptr;
    }
    return text;
}

bool equal(const char* one, const char* other) {
    const char* const rest = after(one, other);
    return rest != nullptr && *rest == '\0';
}

// The value of an option, written "--name VALUE", "--name=VALUE" or "-n VALUE", among words that a null pointer ends.
const char* value_of(const char* const* words, const char* name, const char* letter, const char* otherwise) {
    for (; *words != nullptr; ++words) {
        const char* const rest = after(*words, name);
        if (rest != nullptr && *rest == '=') return rest + 1;
        if ((rest != nullptr && *rest == '\0') || equal(*words, letter))
            return words[1] != nullptr ? words[1] : otherwise;
    }
    return otherwise;
}

const char* const* find(const char* const* words, const char* word) {
    while (*words != nullptr && !equal(*words, word)) ++words;
    return *words != nullptr ? words : nullptr;
}

// As the type of a namespace "user" is a value; the property of a process of the same name is none. An escape may spell it otherwise.
bool may_ask_for_user_namespace(const char* text, std::size_t size) {
    const char* const end = text + size;
    for (const char* at = text; at < end; ++at) {
        if (*at == '\\' && at + 1 < end && at[1] == 'u') return true;
        if (*at != '"' || end - at < 6 || after(at, "\"user\"") == nullptr) continue;
        at += 6;
        while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')) ++at;
        if (at == end || *at != ':') return true;
    }
    return false;
}

// Whether the file is there and none of its containers can have a user namespace. Only a regular file is opened: the other end of a
// pipe would notice.
bool is_config_without_user_namespace(Word dir, const char* path) {
    struct stat status;  // NOLINT(cppcoreguidelines-pro-type-member-init): memset(3)
    if (call(__NR_newfstatat, dir, word_of(path), word_of(&status)) < 0 || !S_ISREG(status.st_mode)) return false;
    constexpr off_t most = 16 << 20;
    if (status.st_size <= 0 || status.st_size > most) return false;
    const Fd file(open_at(dir, path, O_RDONLY | O_NONBLOCK));
    if (!file) return false;
    // Copied, not mapped: a file that is made shorter meanwhile would end rt by a signal.
    const auto size = static_cast<Word>(status.st_size);
    const long buffer =
        call(__NR_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, static_cast<Word>(-1));
    if (buffer < 0 && buffer > -4096) return false;
    const auto address = static_cast<Word>(buffer);
    const long length = call(__NR_read, file.word(), address, size);
    // NOLINTNEXTLINE(performance-no-int-to-ptr): so the kernel gives it
    const bool without = length > 0 && !may_ask_for_user_namespace(reinterpret_cast<const char*>(address),
                                                                   static_cast<std::size_t>(length));
    call(__NR_munmap, address, size);
    return without;
}

bool makes_without_user_namespace(const char* const* words) {
    if (const char* const config = value_of(words, "--config", "-f", nullptr); config != nullptr)
        return is_config_without_user_namespace(here, config);
    const Fd bundle(open_at(here, value_of(words, "--bundle", "-b", "."), O_PATH | O_DIRECTORY));
    return bundle && is_config_without_user_namespace(bundle.word(), "config.json");
}

// Which word is the container's id the options decide, whose table cannot be read yet: the first that names a container.
bool enters_without_user_namespace(const char* const* words, const char* root) {
    const Fd containers(open_at(here, root, O_PATH | O_DIRECTORY));
    if (!containers) return false;
    for (; *words != nullptr; ++words) {
        if (**words == '-') continue;
        const Fd container(open_at(containers.word(), *words, O_PATH | O_DIRECTORY | O_NOFOLLOW));
        if (container) return is_config_without_user_namespace(container.word(), "config.json");
    }
    return false;
}

bool needs_sealed_program(const char* const* words) {
    if (const char* const* const exec = find(words, "exec"); exec != nullptr)
        return enters_without_user_namespace(exec + 1, value_of(words, "--root", "--root", "/run/rt"));
    const char* const* make = find(words, "run");
    if (make == nullptr) make = find(words, "create");
    return make != nullptr && makes_without_user_namespace(make + 1);
}

bool may_be_written() {
    struct statfs filesystem;  // NOLINT(cppcoreguidelines-pro-type-member-init): memset(3)
    return call(__NR_statfs, word_of("/proc/self/exe"), word_of(&filesystem)) == 0 &&
           (static_cast<unsigned long>(filesystem.f_flags) & ST_RDONLY) == 0;
}

void start_anew(const char* const* arguments, const char* const* environment) {
    constexpr std::size_t most = 512;
    std::array<const char*, most + 2> marked;  // NOLINT(cppcoreguidelines-pro-type-member-init): memset(3)
    std::size_t count = 0;
    for (; environment[count] != nullptr; ++count) {
        if (count == most) return;
        marked[count] = environment[count];
    }
    marked[count] = rt::os::restart_mark;
    marked[count + 1] = nullptr;
    const Fd program(call(__NR_open_tree, here, word_of("/proc/self/exe"), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
    mount_attr attributes;  // NOLINT(cppcoreguidelines-pro-type-member-init): memset(3)
    attributes.attr_set = MOUNT_ATTR_RDONLY;
    attributes.attr_clr = 0;
    attributes.propagation = 0;
    attributes.userns_fd = 0;
    if (!program || call(__NR_mount_setattr, program.word(), word_of(""), AT_EMPTY_PATH, word_of(&attributes),
                         sizeof attributes) < 0)
        return;
    call(__NR_execveat, program.word(), word_of(""), word_of(static_cast<const void*>(arguments)),
         word_of(static_cast<const void*>(marked.data())), AT_EMPTY_PATH);
}

bool was_started_anew(const char* const* environment) {
    while (*environment != nullptr && after(*environment, rt::os::restart_mark) == nullptr) ++environment;
    return *environment != nullptr;
}

bool is_root(const Elf64_auxv_t* entry) {
    bool root = false;
    for (; entry->a_type != AT_NULL; ++entry) {
        if (entry->a_type == AT_SECURE && entry->a_un.a_val != 0) return false;
        if (entry->a_type == AT_EUID) root = entry->a_un.a_val == 0;
    }
    return root;
}

}  // namespace

// `stack` is what the kernel begins a program with: the number of arguments, they, the environment, the auxiliary vector.
extern "C" __attribute__((visibility("hidden"), used)) void rt_start_early(const Word* stack) {
    const auto* const arguments = reinterpret_cast<const char* const*>(stack + 1);
    if (*stack < 2) return;
    const char* const* const environment = arguments + *stack + 1;
    const char* const* end = environment;
    while (*end != nullptr) ++end;
    if (was_started_anew(environment) || !is_root(reinterpret_cast<const Elf64_auxv_t*>(end + 1))) return;
    if (needs_sealed_program(arguments + 1) && may_be_written()) start_anew(arguments, environment);
}
