#include "rt/plan/idmapped_rootfs.hpp"
#include "catch.hpp"
#include "refusal.hpp"
#include "rt/plan/shown_owner.hpp"
#include "rt/rootfs/reach.hpp"

using namespace rt;
using plan::MountNamespace;

namespace {

plan::IdMappings mapping_to(std::uint32_t host_id) {
    return plan::IdMappings::validate({{.container_id = 0, .host_id = host_id, .size = 100}}, JsonPointer("/m"));
}

plan::RootfsCircumstances container_with_user_namespace() {
    plan::RootfsCircumstances circumstances{.mounts = {.bundle = "/b",
                                                       .user_namespace = true,
                                                       .trees_by_runtime = true,
                                                       .initial_user_namespace = true,
                                                       .makes_devices = true},
                                            .mount_namespace = MountNamespace::created};
    circumstances.mounts.mappings.mapped = true;
    circumstances.mounts.mappings.uids = mapping_to(100000);
    circumstances.mounts.mappings.gids = mapping_to(200000);
    return circumstances;
}

spec::Spec annotated(const std::string& word) {
    spec::Spec config;
    config.root.path = "r";
    if (!word.empty()) config.annotations["org.rt.root.idmap"] = word;
    return config;
}

plan::Rootfs planned(const spec::Spec& config, const plan::RootfsCircumstances& circumstances) {
    std::vector<std::string> warnings;
    return plan::plan_rootfs(config, circumstances, warnings);
}

std::string text_of(const std::optional<plan::MountIdMapping>& mapping) {
    if (!mapping) return "none";
    return mapping->uids.to_proc_text() + " | " + mapping->gids.to_proc_text() + (mapping->recursive ? " | r" : "");
}

struct stat file_of(std::uint32_t uid, std::uint32_t gid, mode_t mode) {
    struct stat status{};
    status.st_uid = uid;
    status.st_gid = gid;
    status.st_mode = mode;
    return status;
}

}  // namespace

TEST_CASE("the rootfs gets the mapping of the container, by the annotation or the option", "[plan][rootfs][idmap]") {
    const std::string mapped = "0 100000 100 | 0 200000 100";
    struct Row {
        std::string word;
        std::string without_option;
        std::string with_option;
    };
    const std::vector<Row> rows{{"", "none", mapped},
                                {"true", mapped, mapped},
                                {"idmap", mapped, mapped},
                                {"ridmap", mapped + " | r", mapped + " | r"},
                                {"false", "none", mapped}};
    for (const Row& row : rows) {
        CAPTURE(row.word);
        plan::RootfsCircumstances circumstances = container_with_user_namespace();
        CHECK(text_of(planned(annotated(row.word), circumstances).id_mapping) == row.without_option);
        circumstances.idmap_rootfs = true;
        CHECK(text_of(planned(annotated(row.word), circumstances).id_mapping) == row.with_option);
    }
}

TEST_CASE("what the rootfs cannot be id-mapped by is refused, and says by what it was asked for",
          "[plan][rootfs][idmap]") {
    const auto refused = [](const char* word, bool option, auto&& change) {
        plan::RootfsCircumstances circumstances = container_with_user_namespace();
        circumstances.idmap_rootfs = option;
        change(circumstances);
        return test::refusal_of([&] { planned(annotated(word), circumstances); });
    };
    const auto as_it_is = [](plan::RootfsCircumstances&) {};
    const auto without_user_namespace = [](plan::RootfsCircumstances& circumstances) {
        circumstances.mounts.user_namespace = false;
        circumstances.mounts.mappings = {};
    };
    for (const char* word : {"", "1", "yes", "True", "idmap=1"}) {
        CAPTURE(word);
        spec::Spec config = annotated("x");
        config.annotations["org.rt.root.idmap"] = word;
        const Failure failure = test::refusal_of([&] { planned(config, container_with_user_namespace()); });
        CHECK(failure.object == "/annotations/org.rt.root.idmap");
        CHECK(test::has(failure.reason, "true, false, idmap, ridmap"));
    }
    CHECK(refused("on", true, as_it_is).object == "/annotations/org.rt.root.idmap");
    CHECK(refused("true", false, without_user_namespace).object == "/annotations/org.rt.root.idmap");
    CHECK(test::has(refused("true", false, without_user_namespace).reason, "no user namespace"));
    CHECK(refused("", true, without_user_namespace).object == "--idmap-rootfs");
    CHECK(refused("false", true, without_user_namespace).object == "--idmap-rootfs");
    const Failure no_mounts = refused("ridmap", true, [](plan::RootfsCircumstances& circumstances) {
        circumstances.mount_namespace = MountNamespace::none;
    });
    CHECK(no_mounts.object == "/annotations/org.rt.root.idmap");
    CHECK(test::has(no_mounts.reason, "no mount namespace"));
    const Failure unprivileged = refused(
        "", true, [](plan::RootfsCircumstances& circumstances) { circumstances.mounts.trees_by_runtime = false; });
    CHECK(test::has(unprivileged.reason, "CAP_SYS_ADMIN"));
}

TEST_CASE("a bind mount of a part of an id-mapped rootfs has no mapping of its own", "[plan][rootfs][idmap]") {
    const auto bind_of = [](const char* source, const char* option) {
        spec::Spec config = annotated("true");
        config.mounts = {{.destination = "/d", .type = "none", .source = source, .options = {"bind", option}}};
        return config;
    };
    CHECK(test::refusal_of([&] { planned(bind_of("r/sub", "idmap"), container_with_user_namespace()); }).object ==
          "/mounts/0");
    CHECK_FALSE(planned(bind_of("r/sub", "ro"), container_with_user_namespace()).mounts.front().id_mapping);
    CHECK(planned(bind_of("/elsewhere", "idmap"), container_with_user_namespace()).mounts.front().id_mapping);
}

TEST_CASE("who may enter an id-mapped rootfs is seen by the owners that it shows", "[rootfs][reach][idmap]") {
    const plan::MountIdMapping mapping{.uids = mapping_to(100000), .gids = mapping_to(200000)};
    const struct stat shown = plan::shown_status(file_of(5, 7, S_IFDIR | 0710), &mapping);
    CHECK(shown.st_uid == 100005);
    CHECK(shown.st_gid == 200007);
    CHECK(plan::shown_status(file_of(5, 7, 0), nullptr).st_uid == 5);

    const plan::UserMappings container{.mapped = true, .uids = mapping_to(100000), .gids = mapping_to(200000)};
    const auto may = [&](std::uint32_t owner, mode_t mode, const plan::FileUser& user) {
        const struct stat status = plan::shown_status(file_of(owner, owner, S_IFDIR | mode), &mapping);
        return rootfs::may_execute(status, user, container);
    };
    const plan::FileUser root{.uid = 100000, .gid = 200000, .overrides_modes = true};
    const plan::FileUser five{.uid = 100005, .gid = 200005};
    CHECK(may(0, 0700, root));
    CHECK(may(5, 0700, root));
    CHECK_FALSE(may(0, 0700, five));
    CHECK(may(5, 0700, five));
    CHECK(may(5, 0010, {.uid = 100001, .gid = 200005}));
    // Ids that the mapping lacks are nobody's: not even those that the container's ids have on the host.
    CHECK_FALSE(may(500, 0700, root));
    CHECK_FALSE(may(100000, 0700, root));
    CHECK_FALSE(may(100005, 0700, five));
    CHECK(plan::describe_owner(file_of(5, 500, S_IFDIR | 0700), &mapping) ==
          "mode 0700, owner on the disk 5:500, which shows as 100005:nobody");
    CHECK(plan::describe_owner(file_of(5, 500, S_IFDIR | 0700), nullptr) == "mode 0700, owner on the host 5:500");
}
