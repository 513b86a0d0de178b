#include "rt/os/directory_entries.hpp"

#include <dirent.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace rt::os {

int for_each_entry(int dir, const std::function<void(const char* name, unsigned char type)>& take) {
    constexpr std::size_t buffer_size = 32U << 10;
    alignas(dirent64) std::array<char, buffer_size> buffer;
    for (;;) {
        const long length = ::syscall(SYS_getdents64, dir, buffer.data(), buffer.size());
        if (length <= 0) return length < 0 ? errno : 0;
        for (std::size_t at = 0; at < static_cast<std::size_t>(length);) {
            const char* record = buffer.data() + at;
            unsigned short record_length = 0;
            std::memcpy(&record_length, record + offsetof(dirent64, d_reclen), sizeof record_length);
            const char* name = record + offsetof(dirent64, d_name);
            const auto type = static_cast<unsigned char>(record[offsetof(dirent64, d_type)]);
            if (std::string_view(name) != "." && std::string_view(name) != "..") take(name, type);
            at += record_length;
        }
    }
}

}  // namespace rt::os
