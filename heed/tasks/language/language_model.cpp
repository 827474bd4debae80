// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/language/language_model.h"

#include <algorithm>

#include "heed/core/error.h"
#include "heed/tasks/model_store.h"

namespace heed::tasks {

LanguageModel::LanguageModel(Trained<torch::nn::Module> any)
    : trained(as<nn::SequenceModel>(std::move(any))), vocabulary(text::load_text_vocabulary(trained.folder)) {
  const int64_t outputs = trained.model->vocabulary_size();
  if (vocabulary->size() > outputs) {
    throw Error(ErrorKind::kCheckpoint,
                "the vocabulary has " + std::to_string(vocabulary->size()) + " tokens, but the model only " +
                    std::to_string(outputs),
                trained.folder.string());
  }
  if (trained.config["about"]["pairs"].value_or(false)) separator = static_cast<int32_t>(outputs - 1);
}

int64_t LanguageModel::context() const {
  const int64_t crop = trained.config["data"]["crop"].value_or(int64_t{256});
  const int64_t most = model().max_length();
  return most > 0 ? std::min(crop, most) : crop;
}

}  // namespace heed::tasks
