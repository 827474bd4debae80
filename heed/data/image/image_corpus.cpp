// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/image_corpus.h"

#include "heed/core/error.h"

namespace heed::image {

int64_t ImageCorpus::count(const std::string& split) const {
  const auto found = splits.find(split);
  return found == splits.end() ? 0 : std::ssize(found->second.pixels) / image_bytes();
}

const ImageSplit& ImageCorpus::split(const std::string& name) const {
  const auto found = splits.find(name);
  if (found != splits.end()) return found->second;
  std::string there;
  for (const auto& [split, images] : splits) there += (there.empty() ? "" : ", ") + split;
  throw Error(ErrorKind::kData,
              "the data has no split '" + name + "'; it has " + (there.empty() ? "none" : there));
}

}  // namespace heed::image
