// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace heed::text {

/// Appends to `text` what `raw` stands for in C: \n \t \r \b \f \v \a \" \\, up to three octal digits, and \x
/// with up to two. Returns what is wrong, "" where nothing is: another escape, a byte of 0 or above 255.
std::string unescape_c(std::string_view raw, std::string& text);

}  // namespace heed::text
