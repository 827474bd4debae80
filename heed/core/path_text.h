// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace heed {

/// A path as text for a config file, which must be UTF-8. The path itself, if its bytes are UTF-8; otherwise the file
/// URI of the absolute path (RFC 8089), in which every byte that is not plain ASCII is "%E9".
std::string config_text(const std::filesystem::path& path);

/// The path that config_text() wrote: the text itself, unless it is a file URI.
std::filesystem::path config_path(std::string_view text);

}  // namespace heed
