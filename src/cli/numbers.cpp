#include "rt/cli/numbers.hpp"

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

namespace rt::cli {

unsigned preserved_descriptors(const Arguments& arguments) {
    const std::string value = arguments.value("preserve-fds", "0");
    const std::optional<unsigned> count = parse_number<unsigned>(value);
    if (count) return *count;
    fail("use the value of", "--preserve-fds", concat("'", printable(value), "' is no number of descriptors"),
         "give how many are passed on, from descriptor 3 on");
}

}  // namespace rt::cli
