#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rt/cgroup/directory.hpp"
#include "rt/plan/cgroup.hpp"
#include "rt/plan/resources.hpp"

namespace rt::cgroup {

/// A setting with the file of this kernel that it goes to.
struct SettingFile {
    const plan::CgroupSetting* setting = nullptr;
    std::string directory;  ///< absolute
    std::string name;
    std::string value;
};

/// Finds the files of the settings; those that may be missing and are, are left out. \throws Error: a file is missing
std::vector<SettingFile> find_files(const plan::CgroupResources& resources,
                                    const std::vector<plan::CgroupDirectory>& directories);

/// Throws the Error for a value that the kernel refused with `code`.
[[noreturn]] void refuse(const SettingFile& file, int code);

/// What has to be written to bring back what the file held: `content` is what it held, `written` the value that was written
/// since. Pure.
std::string value_to_restore(const std::string& name, const std::string& content, const std::string& written);

}  // namespace rt::cgroup
