// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace heed::text {

/// Appends `raw` to `text` with its C escapes resolved: \n \t \r \b \f \v \a \" \\, one to three octal
/// digits, and \x with one or two hexadecimal digits. Returns an error message for any other escape and for a
/// byte that is 0 or above 255; returns "" on success.
std::string unescape_c(std::string_view raw, std::string& text);

}  // namespace heed::text
