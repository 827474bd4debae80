// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/generation_options.h"

#include <cstdio>

#include "heed/tasks/options.h"

namespace heed::tasks {

Fields generation_fields(GenerationOptions& options, const std::string& samples) {
  return {
      required({"output", &options.output, "folder to write"}),
      {"count", &options.count, samples + " to make", at_least(1)},
      {"first_sample", &options.first_sample,
       "number of the first: 3 gives the fourth of a larger count again", at_least(0)},
      {"seed", &options.seed, "the same seed gives the same " + samples + ", whatever count and batch size"},
      batch_size_field(options.batch_size, samples + " made together; changes speed and memory only")};
}

std::string sample_name(int64_t sample) {
  char name[32];
  std::snprintf(name, sizeof name, "sample-%03ld", static_cast<long>(sample));
  return name;
}

}  // namespace heed::tasks
