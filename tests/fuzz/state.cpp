// The files of a container in the state directory.
#include "json_mutator.hpp"
#include "rt/os/procfs.hpp"
#include "rt/state/container_id.hpp"
#include "rt/state/record.hpp"

using namespace rt;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    fuzz::accepted([&] {
        const state::Record record = state::read_record(text, "state.json");
        fuzz::require(record.pid >= 0, "a pid is none of a group");
        const std::string written = state::to_json(record);
        fuzz::require(state::to_json(state::read_record(written, "state.json")) == written,
                      "a record is read as it was written");
    });
    fuzz::accepted([&] {
        const std::string written = state::to_json(state::read_private_record(text, "private.json"));
        fuzz::require(state::to_json(state::read_private_record(written, "private.json")) == written,
                      "a private record is read as it was written");
    });
    const std::string id(text.substr(0, 1000));
    if (fuzz::accepted([&] { state::check_container_id(id); })) {
        fuzz::require(
            id.size() < 256 && id.find_first_of(std::string("/\0 \n", 4)) == std::string::npos && id[0] != '.',
            "a container id names a directory below the root");
    }
    os::parse_process_status(text);
    return 0;
}
