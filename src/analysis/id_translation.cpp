#include "rt/analysis/id_translation.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

namespace rt::analysis {

namespace {

using nlohmann::ordered_json;
using plan::NamedId;
using spec::IdMapping;

constexpr std::uint64_t end_of_ids = 4294967295U;  // (uid_t)-1 means "no id"

std::string name_of(const std::vector<NamedId>& names, std::uint32_t id) {
    const auto found = std::ranges::find(names, id, &NamedId::id);
    return found == names.end() ? "" : found->name;
}

std::uint32_t id_of(const std::vector<NamedId>& names, std::string_view word, const IdSides& sides, bool from_host) {
    if (const auto number = parse_number<std::uint32_t>(word); number && *number < end_of_ids) return *number;
    const auto found = std::ranges::find(names, word, &NamedId::name);
    if (found != names.end()) return found->id;
    fail(concat("translate the ", sides.kind), printable(word),
         concat("it is neither a number from 0 to 4294967294 nor a name ",
                from_host ? "of the host" : "in the container"),
         from_host ? "" : "names of the host are taken with --host");
}

std::string named(std::uint32_t id, const std::string& name) {
    return name.empty() ? std::to_string(id) : concat(id, " (", printable(name), ")");
}

std::string range_text(std::uint64_t first, std::uint64_t size) {
    return size == 1 ? std::to_string(first) : concat(first, "-", first + size - 1);
}

std::string arithmetic(const Translation& translation) {
    const IdMapping& range = *translation.range;
    const std::uint32_t from = translation.from_host ? range.host_id : range.container_id;
    const std::uint32_t to = translation.from_host ? range.container_id : range.host_id;
    const std::uint32_t asked = translation.from_host ? *translation.host : *translation.container;
    const std::string sum = concat(": ", to, " + (", asked, " - ", from, ") = ", to + (asked - from));
    return concat("it is ", range.size == 1 ? "the only id" : concat("number ", asked - from, ", counted from 0,"),
                  " of the range ", range_text(from, range.size),
                  translation.from_host ? " of the host" : " of the container", ", which is ",
                  range_text(to, range.size), translation.from_host ? " in the container" : " on the host",
                  range.size == 1 ? "" : sum);
}

std::string unmapped(const IdSides& sides, const Translation& translation, const std::string& place) {
    const std::string ranges =
        concat("mapped are the ", sides.kind, "s ", sides.mapping.container_ranges(), " of the container");
    if (translation.from_host) {
        return concat(sides.kind, " ", named(*translation.host, translation.host_name),
                      " of the host is not mapped in ", place, ": what belongs to it shows as ",
                      named(sides.overflow, name_of(sides.container_names, sides.overflow)),
                      " there\n  not even root of the container has rights over it, beyond those of everybody\n");
    }
    return concat(sides.kind, " ", named(*translation.container, translation.container_name), " of ", place,
                  " is not mapped: nobody can be it there, and no file can belong to it\n  ",
                  sides.mapping.empty() ? "nothing is mapped" : ranges, "\n");
}

std::string names_in(const std::vector<NamedId>& names, std::uint64_t first, std::uint64_t size) {
    constexpr std::size_t most = 3;
    std::vector<std::string> found;
    std::size_t more = 0;
    for (const NamedId& entry : names) {
        if (entry.id < first || entry.id - first >= size) continue;
        if (found.size() < most) {
            found.push_back(printable(entry.name));
        } else {
            ++more;
        }
    }
    if (more > 0) found.push_back(concat("+", more));
    return found.empty() ? "-" : join(found, ",");
}

void add_range(std::vector<std::vector<std::string>>& rows, const IdSides& sides, const IdMapping& range) {
    rows.push_back({sides.kind, range_text(range.container_id, range.size), range_text(range.host_id, range.size),
                    std::to_string(range.size), names_in(sides.container_names, range.container_id, range.size),
                    names_in(sides.host_names, range.host_id, range.size)});
}

void add_gap(std::vector<std::vector<std::string>>& rows, const IdSides& sides, std::uint64_t first,
             std::uint64_t end) {
    if (first >= end) return;
    rows.push_back({sides.kind, range_text(first, end - first), "not mapped", std::to_string(end - first),
                    names_in(sides.container_names, first, end - first), "-"});
}

std::vector<IdMapping> entries_of(const IdSides& sides) {
    if (sides.same) return {{.container_id = 0, .host_id = 0, .size = static_cast<std::uint32_t>(end_of_ids)}};
    std::vector<IdMapping> entries = sides.mapping.entries();
    std::ranges::sort(entries, {}, &IdMapping::container_id);
    return entries;
}

template <class Value>
ordered_json or_null(const std::optional<Value>& value) {
    return value ? ordered_json(*value) : ordered_json();
}

ordered_json or_null(const std::string& text) { return text.empty() ? ordered_json() : ordered_json(text); }

}  // namespace

Translation translate(const IdSides& sides, std::string_view word, bool from_host) {
    const std::uint32_t id = id_of(from_host ? sides.host_names : sides.container_names, word, sides, from_host);
    Translation translation{.kind = sides.kind, .from_host = from_host};
    for (const IdMapping& entry : entries_of(sides)) {
        const std::uint32_t from = from_host ? entry.host_id : entry.container_id;
        if (id >= from && id - from < entry.size) translation.range = entry;
    }
    if (from_host || translation.range)
        translation.host = from_host ? id : translation.range->host_id + (id - translation.range->container_id);
    if (!from_host || translation.range)
        translation.container = from_host ? translation.range->container_id + (id - translation.range->host_id) : id;
    if (translation.container) translation.container_name = name_of(sides.container_names, *translation.container);
    if (translation.host) translation.host_name = name_of(sides.host_names, *translation.host);
    return translation;
}

std::string explain(const IdSides& sides, const Translation& translation, const std::string& place) {
    if (!translation.mapped()) return unmapped(sides, translation, place);
    const std::string inside = named(*translation.container, translation.container_name);
    const std::string outside = named(*translation.host, translation.host_name);
    const std::string why =
        sides.same ? "there is no user namespace between them: every id is itself" : arithmetic(translation);
    if (translation.from_host)
        return concat(sides.kind, " ", outside, " of the host is ", sides.kind, " ", inside, " in ", place, "\n  ", why,
                      "\n");
    return concat(sides.kind, " ", inside, " of ", place, " is ", sides.kind, " ", outside, " on the host\n  ", why,
                  "\n");
}

std::vector<std::vector<std::string>> range_rows(const std::vector<IdSides>& kinds) {
    std::vector<std::vector<std::string>> rows{{"KIND", "CONTAINER", "HOST", "SIZE", "CONTAINER-NAMES", "HOST-NAMES"}};
    for (const IdSides& sides : kinds) {
        std::uint64_t next = 0;
        for (const IdMapping& range : entries_of(sides)) {
            add_gap(rows, sides, next, range.container_id);
            add_range(rows, sides, range);
            next = std::uint64_t{range.container_id} + range.size;
        }
        add_gap(rows, sides, next, end_of_ids);
    }
    return rows;
}

std::string translation_json(const std::vector<IdSides>& kinds, const std::vector<Translation>& translations,
                             const std::string& place) {
    ordered_json document{{"of", place}};
    for (const IdSides& sides : kinds) {
        ordered_json ranges = ordered_json::array();
        for (const IdMapping& range : entries_of(sides)) {
            ranges.push_back({{"containerID", range.container_id}, {"hostID", range.host_id}, {"size", range.size}});
        }
        document[sides.kind + "Mappings"] = std::move(ranges);
    }
    document["ids"] = ordered_json::array();
    for (const Translation& translation : translations) {
        document["ids"].push_back({{"kind", translation.kind},
                                   {"containerID", or_null(translation.container)},
                                   {"hostID", or_null(translation.host)},
                                   {"containerName", or_null(translation.container_name)},
                                   {"hostName", or_null(translation.host_name)}});
    }
    return document.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace rt::analysis
