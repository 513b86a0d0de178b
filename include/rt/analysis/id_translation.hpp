#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rt/plan/accounts.hpp"
#include "rt/plan/id_mappings.hpp"

namespace rt::analysis {

/// The users or the groups of a container and of the host, and which of them are the same.
struct IdSides {
    std::string kind;          ///< "uid" or "gid"
    bool same = false;         ///< there is no user namespace between them: every id is itself
    plan::IdMappings mapping;  ///< of the container; without a meaning when they are the same
    std::vector<plan::NamedId> container_names;
    std::vector<plan::NamedId> host_names;
    std::uint32_t overflow = 65534;  ///< how the kernel shows an id that is not mapped
};

/// One id, asked for on one side and looked for on the other.
struct Translation {
    std::string kind;
    bool from_host = false;
    std::optional<std::uint32_t> container;  ///< empty: it is not mapped
    std::optional<std::uint32_t> host;
    std::string container_name;  ///< empty: it has none
    std::string host_name;
    std::optional<spec::IdMapping> range;  ///< in which it was found

    bool mapped() const noexcept { return container.has_value() && host.has_value(); }
};

/// `word`: a number, or a name of that side. \throws Error: it is neither
Translation translate(const IdSides& sides, std::string_view word, bool from_host);

/// The answer in plain words with the arithmetic, in lines; `place` is what the mapping is of: "container web1".
std::string explain(const IdSides& sides, const Translation& translation, const std::string& place);

/// A table of the ranges and of the container's ids between them that are not mapped; the first row has the headings.
std::vector<std::vector<std::string>> range_rows(const std::vector<IdSides>& kinds);

/// The JSON document of rt-map(8).
std::string translation_json(const std::vector<IdSides>& kinds, const std::vector<Translation>& translations,
                             const std::string& place);

}  // namespace rt::analysis
