// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/music/music_model.h"

#include "heed/core/error.h"
#include "heed/tasks/model_store.h"

namespace heed::tasks {

MusicModel::MusicModel(Trained<torch::nn::Module> any) : trained(as<nn::SequenceModel>(std::move(any))) {
  const auto name = trained.config["data"]["encoding"].value<std::string>();
  if (!name)
    throw Error(ErrorKind::kCheckpoint, "is not a music model: it has no data.encoding",
                trained.folder.string());
  encoding = music::make_encoding(*name);
}

music::Corpus MusicModel::read_corpus(const Paths& data) const {
  music::CorpusOptions options;
  options.encoding = encoding->name();
  return music::read_corpus(data, options);
}

}  // namespace heed::tasks
