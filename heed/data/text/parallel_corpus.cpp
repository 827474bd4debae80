// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/parallel_corpus.h"

#include <utility>

#include "heed/core/error.h"

namespace heed::text {
namespace {

/// Pairs that are in memory already.
class MemoryReader : public PairReader {
 public:
  explicit MemoryReader(std::vector<SentencePair> pairs) : pairs_(std::move(pairs)) {}

  bool next(SentencePair& pair) override {
    if (next_ == pairs_.size()) return false;
    pair = std::move(pairs_[next_++]);
    return true;
  }

 private:
  std::vector<SentencePair> pairs_;
  size_t next_ = 0;
};

}  // namespace

std::unique_ptr<PairReader> open_pairs(const ParallelFiles& files, const ParallelOptions& options,
                                       CatalogueCounts* counts) {
  switch (files.format) {
    case ParallelFormat::kAligned:
      return std::make_unique<AlignedReader>(LineReader(files.source, options.lines),
                                             LineReader(files.target, options.lines));
    case ParallelFormat::kTsv:
      return std::make_unique<TsvReader>(LineReader(files.source, options.lines), options.columns);
    case ParallelFormat::kCatalogue:
      break;
  }
  CatalogueCounts ignored;
  return std::make_unique<MemoryReader>(
      catalogue_pairs(read_catalogue(files.source), counts != nullptr ? *counts : ignored));
}

const std::vector<SentencePair>& ParallelCorpus::split(const std::string& name) const {
  const auto found = splits.find(name);
  if (found != splits.end() && !found->second.empty()) return found->second;
  std::string there;
  for (const auto& [split, pairs] : splits) {
    if (!pairs.empty()) there += (there.empty() ? "" : ", ") + split;
  }
  throw Error(ErrorKind::kData, "there are no sentence pairs in the split " + name + "; there is " + there);
}

ParallelCorpus read_parallel(const std::vector<std::filesystem::path>& data, const ParallelOptions& options) {
  ParallelCorpus corpus;
  bool any = false;
  for (const auto& files : find_parallel_files(data, options.languages)) {
    auto& pairs = corpus.splits[files.split];
    const auto reader = open_pairs(files, options, &corpus.catalogues);
    for (SentencePair pair; reader->next(pair); any = true) pairs.push_back(std::move(pair));
  }
  if (any) return corpus;
  const std::string skipped = corpus.catalogues.skipped();
  throw Error(ErrorKind::kData, "there are no sentence pairs" + (skipped.empty() ? "" : " (" + skipped + ")"),
              data.empty() ? "" : data[0].string());
}

}  // namespace heed::text
