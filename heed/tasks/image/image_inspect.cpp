// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <optional>

#include <ATen/ops/tensor.h>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/data/image/image_reader.h"
#include "heed/nn/inference_scope.h"
#include "heed/tasks/image/image_actions.h"
#include "heed/tasks/image/image_inputs.h"
#include "heed/tasks/image/image_inspection.h"
#include "heed/tasks/image/image_model.h"
#include "heed/tasks/image/image_tensors.h"
#include "heed/tasks/options.h"

namespace heed::tasks {
namespace {

struct InspectImageOptions {
  std::filesystem::path input, output;
  std::string class_name;
  std::vector<std::string> pixels;  ///< "14,9"
  ImageAttentionOptions drawing;
};

Fields fields(InspectImageOptions& options) {
  auto& drawing = options.drawing;
  return {required({"input", &options.input, "PNG or JPEG, of the model's size or larger"}),
          required({"output", &options.output, "picture to write (.png)"}),
          {"layer", &drawing.layer, "layer, from 0", at_least(0)},
          {"heads", &drawing.heads, "heads, such as 0,3", at_least(0)},
          default_text({"title", &drawing.title, "title of the picture"}, "model and layer"),
          default_text(
              {"pixel", &options.pixels, "ROW,COLUMN of a pixel that attends, from 0; repeat it for more"},
              "the middle"),
          {"class", &options.class_name, "class of the image, for a model with classes"},
          {"surprise", &drawing.surprise, "also draw the bits of each pixel"}};
}

std::optional<int64_t> whole_number(const std::string& text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

ImagePixel parse_pixel(const std::string& text) {
  const size_t comma = text.find(',');
  const auto row = whole_number(text.substr(0, comma));
  const auto column = comma == std::string::npos ? std::nullopt : whole_number(text.substr(comma + 1));
  if (row && column) return {*row, *column};
  throw Error(ErrorKind::kUsage, "must be ROW,COLUMN, such as 14,9, got '" + text + "'", FieldName{"pixel"});
}

std::vector<ImagePixel> parse_pixels(const std::vector<std::string>& texts) {
  std::vector<ImagePixel> pixels;
  for (const auto& text : texts) pixels.push_back(parse_pixel(text));
  return pixels;
}

void check(const InspectImageOptions& options, const std::vector<std::string>& /*given*/) {
  check_writable(options.output);
  (void)parse_pixels(options.pixels);
  if (options.drawing.heads.empty())
    throw Error(ErrorKind::kUsage, "must name at least one head", FieldName{"heads"});
}

void check_class(const ImageTaskModel& model, const std::string& class_name) {
  if (class_name.empty() == model.classes.empty()) return;
  throw Error(ErrorKind::kUsage,
              model.classes.empty()
                  ? "this model has no classes"
                  : "is required: this model draws by class. The classes are " + list_classes(model.classes),
              FieldName{"class"});
}

image::Image whole_image(const ImageInput& input, const nn::ImageDomain& domain) {
  if (input.original) return *input.original;
  throw Error(ErrorKind::kData,
              "is too small: attention is drawn on a whole image, of " + std::to_string(domain.width) +
                  " x " + std::to_string(domain.height) + " or larger",
              input.name);
}

/// The condition of the one image, on the model's device.
nn::ImageCondition condition_of(const ImageTaskModel& model, const ImageInput& input,
                                const std::string& class_name) {
  const at::Device device = nn::device_of(model.model());
  nn::ImageCondition condition;
  if (!model.classes.empty())
    condition.labels = at::tensor({class_number(model.classes, class_name)}, at::kLong).to(device);
  if (input.source) condition.source = tensor_of(*input.source).unsqueeze(0).to(device);
  return condition;
}

Answer attention(const ImageTaskModel& model, InspectImageOptions& options, const Call& /*call*/) {
  auto& drawing = options.drawing;
  check_class(model, options.class_name);
  drawing.pixels = parse_pixels(options.pixels);
  if (drawing.title.empty())
    drawing.title = model_title(model.trained.folder) + ", layer " + std::to_string(drawing.layer);
  const auto input =
      fit_input(image::read_image(options.input), options.input.string(), model.domain(), model.fit());
  const auto image = whole_image(input, model.domain());
  draw_image_attention(model.model(), image, condition_of(model, input, options.class_name), drawing,
                       options.output);
  return {{{"picture", options.output.string()}}};
}

}  // namespace

Action inspect_image_attention_action() {
  auto action =
      model_action("inspect attention", "Draw what chosen heads attend to, as heat on an image", attention);
  action.decodes = false;
  return action;
}

}  // namespace heed::tasks
