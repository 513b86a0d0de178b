#include "rt/cgroup/settings.hpp"

#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"
#include "rt/cgroup/device_access.hpp"
#include "rt/cgroup/setting_file.hpp"
#include "rt/os/file.hpp"

namespace rt::cgroup {

namespace {

// One directory open at a time: v1 may be ten of them, and the limit of open files small.
class OneDirectory {
public:
    const Directory& open(const std::string& path) {
        if (!directory_ || directory_->path != path) directory_ = try_open_directory(path);
        if (!directory_) throw_errno("open the cgroup", path, ENOENT);
        return *directory_;
    }

private:
    std::optional<Directory> directory_;
};

// What other values, written later, can make right.
bool may_be_a_matter_of_order(int code) { return code == EINVAL || code == EBUSY; }

std::string value_for(const SettingFile& file, const Directory& directory) {
    if (!file.setting->keeps_quota) return file.value;
    const std::string now = os::read_file(directory.fd.get(), file.name);
    return concat(now.substr(0, now.find(' ')), " ", file.value);
}

void write_all_of(const std::vector<SettingFile>& files) {
    OneDirectory directory;
    std::vector<const SettingFile*> waiting;
    for (const SettingFile& file : files) waiting.push_back(&file);
    while (!waiting.empty()) {
        std::vector<const SettingFile*> refused;
        int first_code = 0;
        for (const SettingFile* file : waiting) {
            const Directory& opened = directory.open(file->directory);
            const int code = os::try_write_file(opened.fd.get(), file->name, value_for(*file, opened));
            if (code == 0) continue;
            if (!may_be_a_matter_of_order(code)) refuse(*file, code);
            if (refused.empty()) first_code = code;
            refused.push_back(file);
        }
        if (refused.size() == waiting.size()) refuse(*refused.front(), first_code);
        waiting = std::move(refused);
    }
}

std::vector<SettingFile> present_values_of(const std::vector<SettingFile>& files) {
    OneDirectory directory;
    std::vector<SettingFile> before;
    for (const SettingFile& file : files) {
        const std::string content = os::read_file(directory.open(file.directory).fd.get(), file.name);
        before.push_back(file);
        before.back().value = value_to_restore(file.name, content, file.value);
    }
    return before;
}

void restore(const std::vector<SettingFile>& before) {
    OneDirectory directory;
    // Twice: the order in which the old values are accepted is not known either.
    for (int round = 0; round < 2; ++round) {
        for (const SettingFile& file : before) {
            os::try_write_file(directory.open(file.directory).fd.get(), file.name, file.value);
        }
    }
}

// v1 would first take back what it can from the container, v2 kill in it.
const char* usage_file_for(const std::string& limit) {
    if (limit == "memory.max") return "memory.current";
    return limit == "memory.limit_in_bytes" ? "memory.usage_in_bytes" : nullptr;
}

void refuse_limit_below_usage(std::uint64_t limit, const std::vector<SettingFile>& files) {
    for (const SettingFile& file : files) {
        const char* usage_file = usage_file_for(file.name);
        if (usage_file == nullptr) continue;
        OneDirectory directory;
        const std::string usage = os::read_file(directory.open(file.directory).fd.get(), usage_file);
        const auto bytes = parse_number<std::uint64_t>(trim(usage));
        if (!bytes || *bytes <= limit) return;
        fail("use the value at", file.setting->place,
             concat("rejecting memory limit ", limit, ": the container uses ", *bytes, " bytes now"),
             "choose a higher limit, or leave checkBeforeUpdate out");
    }
}

}  // namespace

void apply(const plan::CgroupResources& resources, const std::vector<plan::CgroupDirectory>& directories) {
    if (!resources.empty()) write_all_of(find_files(resources, directories));
}

void update(const plan::CgroupResources& resources, const std::optional<plan::DeviceUpdate>& devices,
            const std::vector<plan::CgroupDirectory>& directories, const std::function<void()>& confirm) {
    const std::vector<SettingFile> files = find_files(resources, directories);
    if (resources.refused_below_usage) refuse_limit_below_usage(*resources.refused_below_usage, files);
    const std::vector<SettingFile> before = present_values_of(files);
    try {
        write_all_of(files);
        if (devices) update_devices(*devices, directories);
        if (!confirm) return;
        confirm();
        write_all_of(files);
    } catch (...) {
        restore(before);
        throw;
    }
}

}  // namespace rt::cgroup
