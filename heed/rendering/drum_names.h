// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace heed::rendering {

/// Returns a short name of a percussion sound of General MIDI: "kick" for key 36, "hi-hat" for 42. Keys that have no
/// sound there give their number.
std::string drum_name(int key);

}  // namespace heed::rendering
