#include "rt/plan/personality.hpp"

#include "rt/base/error.hpp"
#include "rt/base/json_pointer.hpp"
#include "rt/base/text.hpp"

namespace rt::plan {

unsigned long plan_personality(const spec::Personality& personality) {
    const JsonPointer where("/linux/personality");
    const std::optional<unsigned long> domain = value_named(personality_domains, personality.domain);
    if (!domain) {
        fail("use the value at", (where / "domain").text(),
             concat("there is no execution domain '", printable(personality.domain), "'"),
             concat("the domains are ", names_in(personality_domains)));
    }
    if (!personality.flags.empty()) {
        fail("use the value at", (where / "flags" / 0).text(),
             concat("there is no flag '", printable(personality.flags.front()), "'"),
             "the OCI specification defines no flags of a personality yet: leave flags out");
    }
    return *domain;
}

}  // namespace rt::plan
