// The options of a mount, comma-separated as in mount(8).
#include "rt/plan/mount_options.hpp"

#include "rt/base/text.hpp"
#include "target.hpp"

using namespace rt;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::vector<std::string> words = split({reinterpret_cast<const char*>(data), size}, ',');
    fuzz::accepted([&] {
        const plan::ParsedMountOptions options = plan::parse_mount_options(words, JsonPointer("/mounts/0/options"));
        fuzz::require(options.data.size() == options.data_places.size(),
                      "each option of the file system has its place");
        std::vector<std::string> rest;
        for (std::size_t i = 0; i < options.data.size(); ++i) {
            const plan::FilesystemOption& option = options.data[i];
            rest.push_back(option.value ? option.key + "=" + *option.value : option.key);
            fuzz::require(words.at(options.data_places[i]) == rest.back(), "it is passed on as it is");
        }
        const plan::ParsedMountOptions again = plan::parse_mount_options(rest, JsonPointer("/mounts/0/options"));
        fuzz::require(again.data.size() == rest.size(), "it is none of rt's own");
        plan::superblock_words({.set = options.superblock.set & ~plan::flags_of_mount_call_only,
                                .clear = options.superblock.clear & ~plan::flags_of_mount_call_only});
    });
    return 0;
}
