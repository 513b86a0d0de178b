// What a program tells the service manager of the caller.
#include "rt/plan/notify.hpp"

#include "target.hpp"

using namespace rt;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view message(reinterpret_cast<const char*>(data), size);
    const std::string fields = plan::notify_fields(message);
    fuzz::require(fields.size() <= size + 1, "nothing is added but the end of the last line");
    fuzz::require(plan::notify_fields(fields) == fields, "what has passed, passes again");
    fuzz::require(plan::says_ready(fields) == plan::says_ready(message), "ready is ready");
    const std::string lines = "\n" + fields;
    for (const char* word : {"MAINPID", "FDSTORE", "FDNAME", "BARRIER", "NOTIFYACCESS", "MAINPIDFDID"})
        fuzz::require(lines.find(std::string("\n") + word) == std::string::npos, "no pid and no descriptor gets out");
    return 0;
}
