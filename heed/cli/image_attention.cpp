// SPDX-License-Identifier: Apache-2.0
#include "heed/cli/image_attention.h"

#include <charconv>
#include <optional>

#include <ATen/ops/tensor.h>

#include "heed/core/error.h"
#include "heed/data/image/image_reader.h"
#include "heed/tasks/image/image_inputs.h"
#include "heed/tasks/image/image_inspection.h"
#include "heed/tasks/image/image_task.h"
#include "heed/tasks/image/image_tensors.h"

namespace heed::cli {
namespace {

std::optional<int64_t> whole_number(const std::string& text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

tasks::ImagePixel parse_pixel(const std::string& text) {
  const size_t comma = text.find(',');
  const auto row = whole_number(text.substr(0, comma));
  const auto column = comma == std::string::npos ? std::nullopt : whole_number(text.substr(comma + 1));
  if (!row || !column)
    throw Error(ErrorKind::kUsage, "must be ROW,COLUMN, such as 14,9, got '" + text + "'", "--pixel");
  return {*row, *column};
}

/// The image, and what the model is told of it.
struct Subject {
  image::Image image;
  nn::ImageCondition condition;
};

Subject read_subject(const tasks::TrainedImageModel& trained, const ImageAttention& options,
                     at::Device device) {
  const nn::ImageDomain& domain = trained.model->domain();
  const auto names = tasks::image_classes(trained.config);
  if (options.class_name.empty() != names.empty()) {
    throw Error(ErrorKind::kUsage,
                names.empty() ? "this model has no classes"
                              : "is needed, for this model draws by class. The classes are " +
                                    tasks::list_classes(names),
                "--class");
  }
  auto input = tasks::fit_input(image::read_image(options.input), options.input, domain);
  if (!input.original) {
    throw Error(ErrorKind::kData,
                "is the smaller image; attention is shown in the whole one, of " +
                    std::to_string(domain.width) + " x " + std::to_string(domain.height) + " or above",
                options.input);
  }
  Subject subject{*input.original, {}};
  if (!names.empty())
    subject.condition.labels =
        at::tensor({tasks::class_number(names, options.class_name)}, at::kLong).to(device);
  if (input.source) subject.condition.source = tasks::tensor_of(*input.source).unsqueeze(0).to(device);
  return subject;
}

}  // namespace

int draw_image_attention(const Common& common, const ImageAttention& options) {
  if (options.input.empty()) throw Error(ErrorKind::kUsage, "is needed for a model of images", "--input");
  tasks::ImageAttentionOptions drawing;
  for (const auto& text : options.pixels) drawing.pixels.push_back(parse_pixel(text));
  drawing.layer = options.layer;
  drawing.heads = options.heads;
  drawing.surprise = options.surprise;
  drawing.title =
      options.title.empty() ? options.model + ", layer " + std::to_string(options.layer) : options.title;
  const at::Device device = tasks::parse_device(common.device);
  const auto trained = tasks::load_image_model(options.model, device, options.attention_backend);
  const Subject subject = read_subject(trained, options, device);
  tasks::draw_image_attention(*trained.model, subject.image, subject.condition, drawing, options.output);
  print_result(common, {{"picture", options.output.string()}});
  return 0;
}

void add_image_attention(CLI::App* command, ImageAttention& options) {
  CLI::Option_group* verb = command->add_option_group(kImageAttention);
  verb->add_option("--pixel", options.pixels,
                   "ROW,COLUMN of a pixel that looks, from 0; may be repeated. Default: the middle");
  verb->add_option("--class", options.class_name, "of the image, for a model that draws by class");
  verb->add_flag("--surprise", options.surprise, "show the bits of each pixel too");
}

}  // namespace heed::cli
