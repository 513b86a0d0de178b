// The official schema and this project's reader and tests know the same properties.
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "catch.hpp"
#include "config.hpp"

namespace {

using nlohmann::json;
using Places = std::set<std::string>;

json schema_file(const std::string& name) {
    static std::map<std::string, json> files;
    json& content = files[name];
    if (content.is_null()) {
        std::ifstream file(RT_SOURCE_DIR "/tests/data/schema/" + name);
        REQUIRE(file);
        content = json::parse(file);
    }
    return content;
}

bool is_for_another_system(const std::string& place) {
    const Places places{
        "/solaris", "/windows", "/vm", "/zos", "/freebsd", "/process/commandLine", "/process/user/username"};
    return places.contains(place);
}

void collect(const json& schema, const std::string& file, const std::string& place, Places& places);

void collect_reference(const std::string& reference, const std::string& file, const std::string& place,
                       Places& places) {
    const std::size_t mark = reference.find('#');
    const std::string target = mark == 0 ? file : reference.substr(0, mark);
    collect(schema_file(target).at(json::json_pointer(reference.substr(mark + 1))), target, place, places);
}

// The places of the properties, with * for any index and for any key of a map.
void collect(const json& schema, const std::string& file, const std::string& place, Places& places) {
    if (is_for_another_system(place)) return;
    places.insert(place);
    if (schema.contains("$ref")) collect_reference(schema["$ref"], file, place, places);
    for (const char* key : {"allOf", "anyOf", "oneOf"}) {
        if (!schema.contains(key)) continue;
        for (const json& part : schema[key]) collect(part, file, place, places);
    }
    if (schema.contains("items")) collect(schema["items"], file, place + "/*", places);
    if (schema.contains("additionalProperties") && schema["additionalProperties"].is_object()) {
        collect(schema["additionalProperties"], file, place + "/*", places);
    }
    if (schema.contains("patternProperties")) {
        for (const json& part : schema["patternProperties"]) collect(part, file, place + "/*", places);
    }
    if (!schema.contains("properties")) return;
    for (const auto& [key, part] : schema["properties"].items()) collect(part, file, place + "/" + key, places);
}

// The same of a config: an index, or a key that is the user's, is *.
void collect_config(const json& value, const std::string& place, Places& places) {
    places.insert(place);
    const Places maps{"/annotations", "/linux/sysctl", "/linux/netDevices", "/linux/resources/rdma",
                      "/linux/resources/unified"};
    if (!value.is_structured()) return;
    for (const auto& [key, member] : value.items()) {
        const bool any = value.is_array() || maps.contains(place);
        collect_config(member, place + "/" + (any ? "*" : key), places);
    }
}

Places without(const Places& all, const Places& some) {
    Places left;
    for (const std::string& place : all) {
        if (!some.contains(place)) left.insert(place);
    }
    return left;
}

}  // namespace

// That the reader knows each of them follows from "a complete config gives no line in the log".
TEST_CASE("the complete config of these tests has every property of the official schema", "[spec][schema]") {
    Places in_schema;
    collect(schema_file("config-schema.json"), "config-schema.json", "", in_schema);
    Places in_config;
    collect_config(json::parse(rt::test::complete_config()), "", in_config);
    CHECK(in_schema.size() > 100);
    CHECK(without(in_schema, in_config) == Places{});
    CHECK(without(in_config, in_schema) == Places{});
}
