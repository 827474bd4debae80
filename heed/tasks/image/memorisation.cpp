// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/image/memorisation.h"

#include <algorithm>

#include "heed/evaluation/nearest_images.h"
#include "heed/tasks/image/image_batches.h"
#include "heed/tasks/image/image_tensors.h"

namespace heed::tasks {
namespace {

/// The quantile of numbers at `share`; 0 for an empty list.
double quantile(std::vector<double> numbers, double share) {
  if (numbers.empty()) return 0;
  const auto place =
      numbers.begin() + static_cast<ptrdiff_t>(share * static_cast<double>(numbers.size() - 1));
  std::nth_element(numbers.begin(), place, numbers.end());
  return *place;
}

/// Finds nearest training images and their distances.
class Neighbours {
 public:
  Neighbours(const at::Tensor& train, const MemorisationOptions& options, int64_t all)
      : train_(train), options_(options), all_(all) {}

  std::vector<TrainingNeighbour> of(const at::Tensor& queries) {
    auto nearest = search(queries);
    std::vector<TrainingNeighbour> neighbours;
    for (const auto& found : nearest) neighbours.push_back({found.index, {}, false, found.distance});
    if (options_.mirror) {
      const auto other = search(mirrored(queries));
      for (size_t i = 0; i < neighbours.size(); ++i) {
        if (other[i].distance < neighbours[i].distance)
          neighbours[i] = {other[i].index, {}, true, other[i].distance};
      }
    }
    return neighbours;
  }

 private:
  std::vector<evaluation::NearestImage> search(const at::Tensor& queries) {
    const auto report = [&](int64_t done) {
      if (options_.progress) options_.progress(done_ + done, all_);
    };
    auto found = evaluation::nearest_images(queries, train_, 2048, report);
    done_ += train_.size(0);
    return found;
  }

  const at::Tensor& train_;
  const MemorisationOptions& options_;
  int64_t all_, done_ = 0;
};

/// Adds the distances of held-out images, and counts the samples that are nearer than most of those.
void add_held_out(MemorisationCheck& check, const std::vector<TrainingNeighbour>& held_out) {
  std::vector<double> distances;
  for (const auto& found : held_out) distances.push_back(found.distance);
  check.valid_images = std::ssize(distances);
  check.valid_median = quantile(distances, 0.5);
  check.valid_low = quantile(distances, 0.05);
  check.suspicious = std::count_if(check.samples.begin(), check.samples.end(),
                                   [&](const auto& sample) { return sample.distance < check.valid_low; });
}

}  // namespace

double MemorisationCheck::sample_median() const {
  std::vector<double> distances;
  for (const auto& sample : samples) distances.push_back(sample.distance);
  return quantile(distances, 0.5);
}

MemorisationCheck check_memorisation(const at::Tensor& samples, const ImageData& data,
                                     const MemorisationOptions& options) {
  const at::Tensor& train = data.split("train").images;
  const bool has_valid = data.splits.count("valid") != 0;
  const int64_t passes = (has_valid ? 2 : 1) * (options.mirror ? 2 : 1);
  Neighbours neighbours(train, options, passes * train.size(0));
  MemorisationCheck check;
  check.train_images = train.size(0);
  check.samples = neighbours.of(samples);
  for (auto& sample : check.samples)
    sample.image = image_of(sample.mirrored ? mirrored(train[sample.index]) : train[sample.index]);
  if (!has_valid) return check;
  const ImageSet& valid = data.split("valid");
  const auto chosen = spread_evenly(valid.count(), options.valid_images);
  add_held_out(check, neighbours.of(make_image_batch(valid, chosen).images));
  return check;
}

}  // namespace heed::tasks
