// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace heed::rendering {

/// Length of the UTF-8 sequence that starts at byte `at`; 0 if there is none.
size_t sequence_length(std::string_view text, size_t at);

/// Makes text that Pango takes without a warning on stderr. A byte that is not UTF-8 is read as Latin-1, in
/// which old files name their tracks; control characters become spaces.
std::string drawable(std::string_view text);

/// The same, byte for byte, so that positions stay: a byte that is not UTF-8 becomes a question mark. Line ends
/// and tabs stay too.
std::string drawable_in_place(std::string_view text);

}  // namespace heed::rendering
