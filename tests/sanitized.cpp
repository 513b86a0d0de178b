// Part of an rt that is built with the sanitizers. Their reports go to the standard error of the process, which may be that of a
// container, or into a file by its name, which may lead elsewhere in there. Here they go into memory that is shared with the file
// RT_SANITIZER_REPORT (tests/sanitized): that needs no descriptor, no path and no system call when the time has come.
#include <fcntl.h>
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>

// What the container's program would inherit stays as rt has found it (core dumps, alternate stacks); a process that is cloned with
// a stack of its own has no place for another. Leaks are looked for by ptrace(2), which neither init nor a traced rt can have.
extern "C" const char* __asan_default_options() {
    return "disable_coredump=0:use_sigaltstack=0:detect_stack_use_after_return=0:detect_leaks=0:allow_user_segv_"
           "handler=1";
}

extern "C" const char* __ubsan_default_options() { return "print_stacktrace=1"; }

// Of the undefined behaviour sanitizer: called before it prints, and asked what it found.
extern "C" void __ubsan_get_current_report_data(const char** kind, const char** message, const char** file,
                                                unsigned* line, unsigned* column, char** address);

namespace {

struct Report {
    std::atomic<std::size_t> used;
    char text[1];
};

Report* report = nullptr;
std::size_t room = 0;

void write(const char* text) {
    if (report == nullptr) return;
    const std::size_t length = std::strlen(text) + 1;
    const std::size_t start = report->used.fetch_add(length);
    if (start < room) std::copy_n(text, std::min(length, room - start), report->text + start);
}

void write_end() { write("(a process has been ended for it)\n"); }

__attribute__((constructor)) void open_report() {
    const char* path = std::getenv("RT_SANITIZER_REPORT");
    const int file = path == nullptr ? -1 : ::open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    struct stat status{};
    if (::fstat(file, &status) == 0 && status.st_size > static_cast<off_t>(sizeof(Report))) {
        const auto size = static_cast<std::size_t>(status.st_size);
        void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (memory != MAP_FAILED) {
            report = static_cast<Report*>(memory);
            room = size - offsetof(Report, text);
        }
    }
    ::close(file);
    __asan_set_error_report_callback(write);
    __sanitizer_set_death_callback(write_end);
}

}  // namespace

extern "C" void __ubsan_on_report() {
    const char* kind = "";
    const char* message = "";
    const char* file = "";
    unsigned line = 0;
    unsigned column = 0;
    char* address = nullptr;
    __ubsan_get_current_report_data(&kind, &message, &file, &line, &column, &address);
    char text[1024];
    std::snprintf(text, sizeof text, "%s:%u:%u: %s: %s\n", file, line, column, kind, message);
    write(text);
}
