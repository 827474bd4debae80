// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace heed::rendering {

/// Returns the General MIDI sound font to use: `asked` if it is not empty, else $HEED_SOUND_FONT, else the
/// first of default-GM, FluidR3_GM, TimGM6mb (.sf2, .sf3) and then any other sound font in
/// /usr/share/sounds/sf2, /usr/share/sounds/sf3, /usr/share/soundfonts and the same folders under /usr/local.
///
/// Throws Error(kData) if a requested one does not exist or is not a sound font, Error(kSystem) with the
/// Debian package's name if none is installed.
std::filesystem::path find_sound_font(const std::filesystem::path& asked = {});

}  // namespace heed::rendering
