// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "heed/core/field.h"
#include "heed/decoding/beam_search.h"
#include "heed/tasks/translation/translator.h"

namespace heed::tasks {

/// How requests ask for translations. What they do not set is the model's own (its section [decoding]).
struct SearchOptions {
  decoding::BeamOptions beam;
  std::string parts = "auto";
  int64_t max_pieces = 200, batch_size = 64;
  bool copy_unknown = false;
  std::vector<std::string> given;  ///< fields that the user set
};

/// The fields of all but `batch_size` and `copy_unknown`, under the heading "Search".
Fields search_fields(SearchOptions& options);

/// The options for one model. Throws Error(kUsage) naming a field that the model cannot follow.
TranslateOptions translate_options(const SearchOptions& options, const Translator& translator);

}  // namespace heed::tasks
