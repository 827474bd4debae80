// SPDX-License-Identifier: Apache-2.0
#include "heed/data/music/encoding.h"

#include "heed/core/error.h"
#include "heed/core/names.h"
#include "heed/data/music/chorale_encoding.h"
#include "heed/data/music/performance_encoding.h"

namespace heed::music {

std::vector<std::string> encoding_names() {
  return {"chorale", "performance"};
}

std::shared_ptr<const Encoding> make_encoding(const std::string& name) {
  if (name == "chorale") return std::make_shared<ChoraleEncoding>();
  if (name == "performance") return std::make_shared<PerformanceEncoding>();
  throw Error(ErrorKind::kConfig, unknown_name_message("encoding", name, encoding_names()));
}

}  // namespace heed::music
