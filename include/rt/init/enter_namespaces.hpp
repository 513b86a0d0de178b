#pragma once

#include "rt/init/init.hpp"

namespace rt::init {

/// Joins the user namespace of the task, if it has one, and, where init proper must be born inside what is joined, clones
/// again: the process before init then tells the runtime the pid and ends. What is joined is taken out of `namespaces`.
/// \throws Error
void join_before_birth(const plan::NamespaceSteps& steps, std::vector<OpenNamespace>& namespaces, int line);

/// Clones the calling process once more, inside what it has joined, as a child of the runtime (CLONE_PARENT). Returns in the
/// new one; the old one tells the runtime its pid and ends. \throws Error
void clone_again(std::uint64_t flags, int line);

/// unshare(2). \throws Error with the limit or capability behind the kernel's refusal
void unshare(std::uint64_t flags);

/// Joins and makes the other namespaces but a time namespace, as root of the own user namespace, sets the host and the
/// domain name and the loopback device up. \throws Error
void enter_namespaces(const plan::Plan& plan, const std::vector<OpenNamespace>& namespaces);

/// The mount namespace is joined last, when nothing of the host has to be reached any more. \throws Error
void join_mount_namespace(const std::vector<OpenNamespace>& namespaces);

}  // namespace rt::init
