#include "rt/container/recorded_cgroups.hpp"

namespace rt::container {

std::vector<plan::CgroupDirectory> recorded_cgroups(const state::Record& record, const host::CgroupLayout& layout) {
    std::vector<plan::CgroupDirectory> directories;
    for (const std::string& path : record.cgroups) {
        const host::CgroupHierarchy* hierarchy = layout.hierarchy_of(path);
        if (hierarchy != nullptr) directories.push_back({.hierarchy = *hierarchy, .directory = path});
    }
    return directories;
}

}  // namespace rt::container
