// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/drum_names.h"

#include <array>

namespace heed::rendering {

std::string drum_name(int key) {
  constexpr int kFirst = 35;  // acoustic bass drum
  static constexpr std::array kNames{
      "kick 2",   "kick",      "stick",    "snare",    "clap",     "snare 2",   "low tom",  "hi-hat",
      "tom",      "pedal hat", "tom",      "open hat", "tom",      "high tom",  "crash",    "high tom",
      "ride",     "china",     "bell",     "tambour.", "splash",   "cowbell",   "crash 2",  "vibraslap",
      "ride 2",   "bongo hi",  "bongo lo", "conga mu", "conga op", "conga lo",  "timb. hi", "timb. lo",
      "agogo hi", "agogo lo",  "cabasa",   "maracas",  "whistle",  "whistle 2", "guiro",    "guiro 2",
      "claves",   "block hi",  "block lo", "cuica mu", "cuica op", "triang. m", "triangle"};
  const int index = key - kFirst;
  if (index < 0 || index >= static_cast<int>(kNames.size())) return std::to_string(key);
  return kNames[static_cast<size_t>(index)];
}

}  // namespace heed::rendering
