// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/parallel_corpus.h"

#include <algorithm>
#include <utility>

#include "heed/core/error.h"
#include "heed/core/progress.h"

namespace heed::text {
namespace {

/// Reads pairs from memory.
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
  throw Error(ErrorKind::kData, "the split '" + name + "' has no sentence pairs; available: " + there);
}

namespace {

/// Number of unreadable catalogues, and the error of the first.
struct Skipped {
  int64_t files = 0;
  std::string first;

  std::string text() const {
    return std::to_string(files) + (files == 1 ? " catalogue" : " catalogues") +
           " that cannot be read; first error: " + first;
  }
};

void add_pairs(const ParallelFiles& files, const ParallelOptions& options, ParallelCorpus& corpus,
               Skipped& skipped) try {
  const auto reader = open_pairs(files, options, &corpus.catalogues);
  auto& pairs = corpus.splits[files.split];
  for (SentencePair pair; reader->next(pair);) pairs.push_back(std::move(pair));
} catch (const Error& error) {
  const bool one_of_many = files.format == ParallelFormat::kCatalogue && files.in_folder;
  if (options.strict || !one_of_many || error.kind() != ErrorKind::kData) throw;
  if (++skipped.files == 1) skipped.first = error.what();
}

}  // namespace

ParallelCorpus read_parallel(const std::vector<std::filesystem::path>& data, const ParallelOptions& options) {
  ParallelCorpus corpus;
  Skipped skipped;
  for (const auto& files : find_parallel_files(data, options.languages))
    add_pairs(files, options, corpus, skipped);
  const bool any = std::any_of(corpus.splits.begin(), corpus.splits.end(),
                               [](const auto& split) { return !split.second.empty(); });
  if (any) {
    if (skipped.files > 0) warn("skipped " + skipped.text());
    return corpus;
  }
  std::string reasons = corpus.catalogues.skipped();
  if (skipped.files > 0) reasons += (reasons.empty() ? "" : ", ") + skipped.text();
  throw Error(ErrorKind::kData, "no sentence pairs found" + (reasons.empty() ? "" : " (" + reasons + ")"),
              data.empty() ? "" : data[0].string());
}

}  // namespace heed::text
