#include "rt/plan/search_path.hpp"

#include "rt/base/text.hpp"

namespace rt::plan {

std::string value_of(const std::vector<std::string>& env, std::string_view name) {
    const std::string prefix = concat(name, "=");
    for (const std::string& entry : env) {
        if (entry.starts_with(prefix)) return entry.substr(prefix.size());
    }
    return {};
}

std::string search_path(const std::vector<std::string>& env) {
    const std::string path = value_of(env, "PATH");
    return path.empty() ? "/bin:/usr/bin" : path;
}

std::vector<std::string> places_of_program(const std::string& name, const std::string& search_path) {
    std::vector<std::string> places;
    for (const std::string& directory : split(search_path, ':'))
        places.push_back(concat(directory.empty() ? "." : directory, "/", name));
    return places;
}

}  // namespace rt::plan
