// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/sound_font.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <vector>

#include <fluidsynth.h>

#include "heed/core/error.h"
#include "heed/rendering/fluidsynth_log.h"

namespace heed::rendering {
namespace fs = std::filesystem;
namespace {

fs::path checked(const fs::path& path, const std::string& origin) {
  std::error_code code;
  if (!fs::is_regular_file(path, code)) {
    throw Error(ErrorKind::kData, "there is no sound font" + origin, path.string());
  }
  if (!fluid_is_soundfont(path.c_str())) {
    throw Error(ErrorKind::kData, "is not a SoundFont 2 or 3 file" + origin, path.string());
  }
  return path;
}

std::vector<fs::path> installed_sound_fonts() {
  std::vector<fs::path> found;
  for (const char* prefix : {"/usr/local/share", "/usr/share"}) {
    for (const char* folder : {"sounds/sf2", "sounds/sf3", "soundfonts"}) {
      std::error_code code;
      for (const auto& entry : fs::directory_iterator(fs::path(prefix) / folder, code)) {
        const fs::path extension = entry.path().extension();
        if (extension == ".sf2" || extension == ".sf3") found.push_back(entry.path());
      }
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

// Rank of a sound font's name; lower is better.
int rank(const fs::path& path) {
  constexpr std::array<const char*, 3> kKnown{"default-GM", "FluidR3_GM", "TimGM6mb"};
  const auto at = std::find(kKnown.begin(), kKnown.end(), path.stem().string());
  return static_cast<int>(at - kKnown.begin());
}

}  // namespace

fs::path find_sound_font(const fs::path& asked) {
  redirect_fluidsynth_log();
  if (!asked.empty()) return checked(asked, "");
  const char* named = std::getenv("HEED_SOUND_FONT");
  if (named != nullptr && *named != '\0') return checked(named, " (named by HEED_SOUND_FONT)");
  std::vector<fs::path> found = installed_sound_fonts();
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return rank(a) < rank(b); });
  for (const fs::path& path : found) {
    if (fluid_is_soundfont(path.c_str())) return path;
  }
  throw Error(ErrorKind::kSystem,
              "no General MIDI sound font is installed: install the Debian package timgm6mb-soundfont (or "
              "fluid-soundfont-gm), or set HEED_SOUND_FONT to a file");
}

}  // namespace heed::rendering
