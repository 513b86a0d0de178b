#pragma once

#include <string_view>

namespace rt::spec {

/// The version of the OCI runtime spec that `rt` is written against.
inline constexpr std::string_view oci_version = "1.3.0";
/// The oldest version of it whose configs are taken.
inline constexpr std::string_view oldest_oci_version = "1.0.0";

/// Whether the text is a version in SemVer 2.0.0 format with major version 1: within a major version the OCI spec is
/// compatible in both directions (config.md "Specification version").
bool is_supported_version(std::string_view text);

}  // namespace rt::spec
