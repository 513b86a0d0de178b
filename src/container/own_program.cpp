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

}  // namespace

void require_sealed_program(const plan::UserMappings& container) {
    const os::OwnProgram program = os::own_program();
    if (!program.sealed && may_write(program, container)) throw RestartSealed();
}

}  // namespace rt::container
