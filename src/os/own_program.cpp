#include "rt/os/own_program.hpp"

#include <fcntl.h>
#include <link.h>
#include <linux/mount.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "rt/base/error.hpp"
#include "rt/os/fd.hpp"
#include "rt/os/file.hpp"
#include "rt/os/mount.hpp"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U  // since Linux 6.3, linux/memfd.h
#endif

namespace rt::os {

namespace {

constexpr const char* own_path = "/proc/self/exe";
std::string mark_name() { return {restart_mark, sizeof restart_mark - 2}; }  // without "="

bool started_sealed = false;

constexpr const char* hint =
    "install rt where the container's user cannot write it: owned by root, mode 0755, or on a read-only mount";

// The flag of the mount, not of the file system only (statvfs(3)).
bool on_read_only_mount(int fd) {
    struct statvfs information{};
    if (::fstatvfs(fd, &information) < 0) throw_errno("look at the mount of", own_path);
    return (information.f_flag & ST_RDONLY) != 0;
}

bool is_sealed_memory(int fd) noexcept {
    const int seals = ::fcntl(fd, F_GET_SEALS);  // EINVAL for every other file
    return seals >= 0 && (seals & F_SEAL_WRITE) != 0;
}

UniqueFd try_read_only_mount() noexcept {
    UniqueFd tree = try_clone_tree(AT_FDCWD, own_path, false);
    if (tree && try_set_mount_attributes(tree.get(), {.set = MOUNT_ATTR_RDONLY}, false) != 0) tree.reset();
    return tree;
}

// Where vm.memfd_noexec is 1, one without MFD_EXEC cannot be executed; where it is 2, none can.
UniqueFd sealed_copy() {
    UniqueFd memory(::memfd_create("rt", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC));
    if (!memory && errno == EINVAL) memory.reset(::memfd_create("rt", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!memory) throw_errno("copy into memory", own_path, errno, "its file could be written from the container", hint);
    const UniqueFd file = open_at(AT_FDCWD, own_path, O_RDONLY);
    constexpr std::size_t at_once = 1U << 30;
    ssize_t copied = 0;
    do {
        copied = ::sendfile(memory.get(), file.get(), nullptr, at_once);
    } while (copied > 0 || (copied < 0 && errno == EINTR));
    constexpr int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
    if (copied < 0 || ::fcntl(memory.get(), F_ADD_SEALS, seals) < 0) throw_errno("copy into memory", own_path);
    return memory;
}

// What can be written is kept, relocated constants (RELRO) too; so are the pages at the ends, which a neighbour may share.
int release_read_only_segments(dl_phdr_info* program, std::size_t, void*) noexcept {
    const std::uintptr_t page = ::getauxval(AT_PAGESZ);
    for (const ElfW(Phdr) & segment : std::span(program->dlpi_phdr, program->dlpi_phnum)) {
        if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
        const std::uintptr_t begin = (program->dlpi_addr + segment.p_vaddr + page - 1) / page * page;
        const std::uintptr_t end = (program->dlpi_addr + segment.p_vaddr + segment.p_filesz) / page * page;
        if (begin < end) ::syscall(SYS_madvise, begin, end - begin, MADV_DONTNEED);
    }
    return 1;  // the program itself comes first (dl_iterate_phdr(3)); no library is wanted
}

}  // namespace

OwnProgram own_program() {
    const UniqueFd file = open_at(AT_FDCWD, own_path, O_RDONLY);
    return {.status = status_of(file.get(), own_path),
            .has_access_list = ::fgetxattr(file.get(), "system.posix_acl_access", nullptr, 0) > 0,
            .sealed = on_read_only_mount(file.get()) || is_sealed_memory(file.get())};
}

void restart_sealed(char* const* arguments) {
    if (started_sealed) fail("start anew", "rt", "it was, and its file can still be written from the container", hint);
    UniqueFd program = try_read_only_mount();
    if (!program) program = sealed_copy();
    ::setenv(mark_name().c_str(), "", 1);
    ::fexecve(program.get(), arguments, environ);
    throw_errno("start anew", "rt", errno, "its file could be written from the container", hint);
}

void release_code_pages() noexcept { ::dl_iterate_phdr(release_read_only_segments, nullptr); }

void take_restart_mark() noexcept {
    started_sealed = ::getenv(mark_name().c_str()) != nullptr;
    if (!started_sealed) return;
    ::unsetenv(mark_name().c_str());
    ::prctl(PR_SET_NAME, "rt");  // execve(2) took the number of the descriptor
}

}  // namespace rt::os
