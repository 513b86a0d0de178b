#include "rt/plan/kept_groups.hpp"

#include "rt/base/error.hpp"
#include "rt/base/json_pointer.hpp"
#include "rt/base/text.hpp"
#include "rt/plan/groups_annotation.hpp"

namespace rt::plan {

Groups choose_groups(const std::map<std::string, std::string>& annotations, bool option) {
    const auto annotation = annotations.find(groups_annotation);
    const std::string value = annotation == annotations.end() ? "0" : annotation->second;
    const bool keeps = value == "1" || value == "true";
    if (!keeps && value != "0" && value != "false") {
        fail("use the value at", (JsonPointer("/annotations") / groups_annotation).text(),
             concat("'", printable(value), "' is neither 1 nor 0"), "1 keeps the supplementary groups of the caller");
    }
    if (option) return Groups::kept_by_option;
    return keeps ? Groups::kept_by_annotation : Groups::as_configured;
}

}  // namespace rt::plan
