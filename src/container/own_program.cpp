#include "rt/container/own_program.hpp"

#include "rt/os/own_program.hpp"

namespace rt::container {

namespace {

// By the rules of inode_permission() and capable_wrt_inode_uidgid(): in a user namespace capabilities count for files only whose
// owner it maps.
bool may_write(const os::OwnProgram& program, const plan::UserMappings& container) {
    if (!container.mapped) return true;
    const bool group_writes = (program.status.st_mode & S_IWGRP) != 0;
    return program.has_access_list || (program.status.st_mode & S_IWOTH) != 0 ||
           container.uids.to_container(program.status.st_uid).has_value() ||
           (group_writes && container.gids.to_container(program.status.st_gid).has_value());
}

// As the type of a namespace "user" is a value; the property of a process of the same name is none.
bool may_ask_for_user_namespace(std::string_view config) {
    constexpr std::string_view word = "\"user\"";
    for (std::size_t at = config.find(word); at != std::string_view::npos; at = config.find(word, at)) {
        at += word.size();
        const std::size_t next = config.find_first_not_of(" \t\r\n", at);
        if (next == std::string_view::npos || config[next] != ':') return true;
    }
    return config.find("\\u") != std::string_view::npos;  // it may be written in other ways
}

}  // namespace

void require_sealed_program(const plan::UserMappings& container) {
    const os::OwnProgram program = os::own_program();
    if (!program.sealed && may_write(program, container)) throw RestartSealed();
}

void require_sealed_program(std::string_view config) {
    if (!may_ask_for_user_namespace(config)) require_sealed_program(plan::UserMappings());
}

}  // namespace rt::container
