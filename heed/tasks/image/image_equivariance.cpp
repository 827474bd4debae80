// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <tuple>

#include <ATen/ops/arange.h>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/nn/inference_scope.h"
#include "heed/tasks/equivariance.h"
#include "heed/tasks/image/image_actions.h"
#include "heed/tasks/image/image_batches.h"
#include "heed/tasks/image/image_model.h"
#include "heed/tasks/image/image_tensors.h"
#include "heed/tasks/options.h"

namespace heed::tasks {
namespace {

struct ImageEquivarianceOptions {
  Paths data;
  std::filesystem::path output;
  std::string split = "valid";
  int64_t images = 8, shift = 1, margin = 0;
};

Fields fields(ImageEquivarianceOptions& options) {
  return {
      required({"data", &options.data, "images"}),
      default_text({"output", &options.output, "picture to write (.png): outputs before and after"},
                   "no picture"),
      {"split", &options.split, "split of the images"},
      {"images", &options.images, "how many images, spread over the split", at_least(1)},
      {"shift", &options.shift, "pixels that images move, to the right and down", at_least(1)},
      default_text({"margin", &options.margin, "pixels of each side whose outputs are left out", at_least(0)},
                   "a quarter of the side")};
}

void check(const ImageEquivarianceOptions& options, const std::vector<std::string>& /*given*/) {
  if (!options.output.empty()) check_writable(options.output);
}

/// Images [images, height, width, channels] moved by rows and columns; what comes in repeats the edge.
at::Tensor moved(const at::Tensor& images, int64_t rows, int64_t columns) {
  const auto from = [](int64_t size, int64_t shift) {
    return (at::arange(size, at::kLong) - shift).clamp(0, size - 1);
  };
  return images.index_select(1, from(images.size(1), rows)).index_select(2, from(images.size(2), columns));
}

Answer equivariance(const ImageTaskModel& model, ImageEquivarianceOptions& options, const Call& /*call*/) {
  const nn::ImageDomain& domain = model.domain();
  const int64_t least = std::min(domain.height, domain.width);
  const int64_t margin = options.margin > 0 ? options.margin : least / 4;
  if (2 * margin + options.shift >= least)
    throw Error(ErrorKind::kUsage, "and shift leave nothing of " + std::to_string(least) + " pixels",
                FieldName{"margin"});
  const ImageData data = model.read_images(options.data);
  const ImageSet& set = data.split(options.split);
  const auto chosen = spread_evenly(set.count(), options.images);
  auto& module = model.model();
  const nn::InferenceScope inference(module);
  const auto [images, condition] = make_image_batch(set, chosen).to(nn::device_of(module));
  const at::Tensor before = module.nll(images, condition).to(at::kCPU, at::kDouble);
  std::vector<EquivarianceResult> results;
  for (const auto& [name, rows, columns] :
       {std::tuple("right", int64_t{0}, options.shift), std::tuple("down", options.shift, int64_t{0})}) {
    const at::Tensor after = module.nll(moved(images, rows, columns), condition).to(at::kCPU, at::kDouble);
    const auto inner = [&](const at::Tensor& nats, int64_t row, int64_t column) {
      return nats.slice(1, margin + row, domain.height - margin - options.shift + row)
          .slice(2, margin + column, domain.width - margin - options.shift + column)
          .flatten();
    };
    results.push_back({name, inner(before, 0, 0), inner(after, rows, columns)});
  }
  Answer answer{{{"images", std::ssize(chosen)}}};
  report_equivariance(results, model_title(model.trained.folder) + ", nats of pixels", options.output,
                      answer);
  return answer;
}

}  // namespace

Action inspect_image_equivariance_action() {
  auto action =
      model_action("inspect equivariance", "Move images, and compare what their pixels cost before and after",
                   equivariance);
  action.decodes = false;
  return action;
}

}  // namespace heed::tasks
