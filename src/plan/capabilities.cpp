#include "rt/plan/capabilities.hpp"

#include <cap-ng.h>

#include <cctype>
#include <map>
#include <optional>
#include <set>

#include "rt/base/text.hpp"

namespace rt::plan {

namespace {

constexpr unsigned most_capabilities = 64;

// libcap-ng has the names without the prefix and in lower case.
std::optional<unsigned> capability_of(const std::string& name) {
    constexpr std::string_view prefix = "CAP_";
    if (!name.starts_with(prefix)) return std::nullopt;
    std::string bare;
    for (const char c : name.substr(prefix.size())) {
        if (std::islower(static_cast<unsigned char>(c)) != 0) return std::nullopt;
        bare += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    const int capability = capng_name_to_capability(bare.c_str());
    if (capability < 0) return std::nullopt;
    return static_cast<unsigned>(capability);
}

// Reads the sets and collects each reason to drop something once, however many sets name it.
class Reader {
public:
    explicit Reader(std::uint64_t grantable) : grantable_(grantable) {}

    std::uint64_t read(const std::vector<std::string>& names) {
        std::uint64_t set = 0;
        for (const std::string& name : names) {
            const std::optional<unsigned> capability = capability_of(name);
            if (!capability) {
                unknown_.insert(name);
            } else if ((grantable_ >> *capability & 1U) == 0) {
                not_grantable_.insert(name);
            } else {
                set |= std::uint64_t{1} << *capability;
            }
        }
        return set;
    }

    void report(std::vector<std::string>& warnings) const {
        for (const std::string& name : unknown_) {
            warnings.push_back(concat("/process/capabilities: '", name, "' is not a capability; it is left out"));
        }
        for (const std::string& name : not_grantable_) {
            warnings.push_back(concat("/process/capabilities: ", name,
                                      " cannot be granted, because rt itself does not hold it; it is left out"));
        }
    }

private:
    std::uint64_t grantable_;
    std::set<std::string> unknown_;
    std::set<std::string> not_grantable_;
};

// Takes out of the sets what the kernel's rules forbid there, and says so in one line for all capabilities that it is about.
class Restrictions {
public:
    std::uint64_t restrict_to(std::uint64_t set, std::uint64_t allowed, const char* name) {
        for (unsigned capability = 0; capability < most_capabilities; ++capability) {
            if (((set & ~allowed) >> capability & 1U) != 0) sets_without_[capability].emplace_back(name);
        }
        return set & allowed;
    }

    void report(std::vector<std::string>& warnings) const {
        std::map<std::vector<std::string>, std::vector<std::string>> names_of;
        for (const auto& [capability, sets] : sets_without_) names_of[sets].push_back(capability_name(capability));
        for (const auto& [sets, names] : names_of) {
            warnings.push_back(concat("/process/capabilities: left out of ", join(sets, ", "), ": ", join(names, ", "),
                                      ", because a set that they depend on does not hold them "
                                      "(capabilities(7): bounding, then permitted and inheritable, then the others)"));
        }
    }

private:
    std::map<unsigned, std::vector<std::string>> sets_without_;
};

}  // namespace

CapabilitySets plan_capabilities(const spec::Capabilities& capabilities, std::uint64_t grantable, std::uint32_t uid,
                                 std::vector<std::string>& warnings) {
    Reader reader(grantable);
    CapabilitySets sets{.bounding = reader.read(capabilities.bounding),
                        .permitted = reader.read(capabilities.permitted),
                        .effective = reader.read(capabilities.effective),
                        .inheritable = reader.read(capabilities.inheritable),
                        .ambient = reader.read(capabilities.ambient)};
    reader.report(warnings);
    Restrictions restrictions;
    sets.permitted = restrictions.restrict_to(sets.permitted, sets.bounding, "permitted");
    sets.inheritable = restrictions.restrict_to(sets.inheritable, sets.bounding, "inheritable");
    sets.effective = restrictions.restrict_to(sets.effective, sets.permitted, "effective");
    const std::uint64_t possibly_ambient = sets.permitted & sets.inheritable;
    // To root execve(2) gives the whole bounding set: nothing is lost, and Buildah asks for it in every build.
    if (uid == 0) sets.ambient &= possibly_ambient;
    sets.ambient = restrictions.restrict_to(sets.ambient, possibly_ambient, "ambient");
    restrictions.report(warnings);
    return sets;
}

std::string capability_name(unsigned capability) {
    const char* bare = capng_capability_to_name(capability);
    if (bare == nullptr) return concat("capability ", capability);
    std::string name = "CAP_";
    for (; *bare != '\0'; ++bare) name += static_cast<char>(std::toupper(static_cast<unsigned char>(*bare)));
    return name;
}

std::vector<std::string> capability_names() {
    std::vector<std::string> names;
    for (unsigned capability = 0; capability < most_capabilities; ++capability) {
        if (capng_capability_to_name(capability) != nullptr) names.push_back(capability_name(capability));
    }
    return names;
}

}  // namespace rt::plan
