#include "rt/os/bpf.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "rt/base/error.hpp"

namespace rt::os {

namespace {

constexpr std::size_t page_size = 4096;
constexpr std::string_view program_name = "rt_devices";

// The kernel takes an attribute of any size up to a page as long as what it does not know is zero (bpf(2)).
struct Attributes {
    alignas(bpf_attr) std::array<unsigned char, page_size> bytes{};

    // The union is the kernel's; its members are read by the kernel from these bytes.
    bpf_attr& fields() noexcept { return *reinterpret_cast<bpf_attr*>(bytes.data()); }
};

long bpf(bpf_cmd command, Attributes& attributes) noexcept {
    return ::syscall(SYS_bpf, command, attributes.bytes.data(), attributes.bytes.size());
}

// As the kernel wants pointers: 64 bits wide on every architecture.
std::uint64_t address_of(const void* data) noexcept { return reinterpret_cast<std::uintptr_t>(data); }

bool is_own(int program) noexcept {
    // Larger than any version of it: the kernel fills what it knows.
    std::array<unsigned char, page_size> buffer{};
    Attributes attributes;
    bpf_attr& fields = attributes.fields();
    fields.info.bpf_fd = static_cast<std::uint32_t>(program);
    fields.info.info_len = buffer.size();
    fields.info.info = address_of(buffer.data());
    if (bpf(BPF_OBJ_GET_INFO_BY_FD, attributes) < 0) return false;
    bpf_prog_info info{};
    std::memcpy(&info, buffer.data(), sizeof info);
    return program_name == info.name;
}

}  // namespace

UniqueFd try_load_device_program(const std::vector<bpf_insn>& program, std::string* verifier_log) {
    constexpr std::size_t log_size = 64U << 10;
    Attributes attributes;
    bpf_attr& fields = attributes.fields();
    fields.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
    fields.insns = address_of(program.data());
    fields.insn_cnt = static_cast<std::uint32_t>(program.size());
    fields.license = address_of("Apache-2.0");  // no helper that is for GPL programs only is called
    std::ranges::copy(program_name, fields.prog_name);
    if (verifier_log != nullptr) {
        verifier_log->assign(log_size, '\0');
        fields.log_level = 1;
        fields.log_size = log_size;
        fields.log_buf = address_of(verifier_log->data());
    }
    long fd = -1;
    do {
        fd = bpf(BPF_PROG_LOAD, attributes);
    } while (fd < 0 && errno == EAGAIN);  // a signal is pending: the verifier asks to be called again
    if (verifier_log != nullptr) verifier_log->resize(std::min(verifier_log->find('\0'), verifier_log->size()));
    return UniqueFd(static_cast<int>(fd));
}

int try_attach_device_program(int cgroup, int program) noexcept {
    Attributes attributes;
    bpf_attr& fields = attributes.fields();
    fields.target_fd = static_cast<std::uint32_t>(cgroup);
    fields.attach_bpf_fd = static_cast<std::uint32_t>(program);
    fields.attach_type = BPF_CGROUP_DEVICE;
    fields.attach_flags = BPF_F_ALLOW_MULTI;
    return bpf(BPF_PROG_ATTACH, attributes) < 0 ? errno : 0;
}

int try_replace_device_program(int cgroup, int old, int program) noexcept {
    Attributes attributes;
    bpf_attr& fields = attributes.fields();
    fields.target_fd = static_cast<std::uint32_t>(cgroup);
    fields.attach_bpf_fd = static_cast<std::uint32_t>(program);
    fields.attach_type = BPF_CGROUP_DEVICE;
    fields.attach_flags = BPF_F_ALLOW_MULTI | BPF_F_REPLACE;
    fields.replace_bpf_fd = static_cast<std::uint32_t>(old);
    return bpf(BPF_PROG_ATTACH, attributes) < 0 ? errno : 0;
}

int try_detach_device_program(int cgroup, int program) noexcept {
    Attributes attributes;
    bpf_attr& fields = attributes.fields();
    fields.target_fd = static_cast<std::uint32_t>(cgroup);
    fields.attach_bpf_fd = static_cast<std::uint32_t>(program);
    fields.attach_type = BPF_CGROUP_DEVICE;
    return bpf(BPF_PROG_DETACH, attributes) < 0 ? errno : 0;
}

std::vector<UniqueFd> own_device_programs(int cgroup) {
    constexpr std::size_t most_programs = 64;  // kernel/bpf/cgroup.c, BPF_CGROUP_MAX_PROGS
    std::array<std::uint32_t, most_programs> ids{};
    Attributes attributes;
    bpf_attr& fields = attributes.fields();
    fields.query.target_fd = static_cast<std::uint32_t>(cgroup);
    fields.query.attach_type = BPF_CGROUP_DEVICE;
    fields.query.prog_ids = address_of(ids.data());
    fields.query.prog_cnt = most_programs;
    if (bpf(BPF_PROG_QUERY, attributes) < 0) throw_errno("list the device programs of", "a cgroup");
    const std::size_t count = std::min<std::size_t>(fields.query.prog_cnt, most_programs);
    std::vector<UniqueFd> programs;
    for (std::size_t i = 0; i < count; ++i) {
        Attributes by_id;
        by_id.fields().prog_id = ids[i];
        UniqueFd program(static_cast<int>(bpf(BPF_PROG_GET_FD_BY_ID, by_id)));
        if (program && is_own(program.get())) programs.push_back(std::move(program));
    }
    return programs;
}

}  // namespace rt::os
