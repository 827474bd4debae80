// SPDX-License-Identifier: Apache-2.0
#include "heed/cli/image_subjects.h"

#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include "heed/core/error.h"
#include "heed/data/image/image_reader.h"
#include "heed/tasks/image/image_task.h"
#include "heed/tasks/image/image_tensors.h"

namespace heed::cli {
namespace {

void need(bool good, const std::string& message, const std::string& option) {
  if (!good) throw Error(ErrorKind::kUsage, message, option);
}

void check(const nn::ImageDomain& domain, const ImageGeneration& options) {
  const bool given = !options.inputs.empty() || !options.data.empty();
  need(options.inputs.empty() || options.data.empty(), "goes without --data, and --data without it",
       "--input");
  need(options.classes.empty() || domain.classes > 0,
       "this model has no classes: it was trained without [data] condition = class", "--class");
  if (domain.source_height > 0) {
    need(given, "this model goes by a smaller image: give images by --input, or a data set by --data",
         "generate");
    need(options.keep.empty(), "is for models that go by no smaller image", "--keep");
    return;
  }
  need(!given || !options.keep.empty(),
       "this model goes by no smaller image; to complete images, say by --keep what stays of them",
       "--input");
  need(given || options.keep.empty(), "goes with --input or --data: of which images?", "--keep");
}

std::vector<tasks::ImageInput> read_inputs(const tasks::TrainedImageModel& trained,
                                           const ImageGeneration& options) {
  if (!options.data.empty()) {
    return tasks::inputs_of_split(tasks::read_images_for(trained, options.data), options.split,
                                  options.images);
  }
  std::vector<tasks::ImageInput> inputs;
  for (const auto& file : options.inputs)
    inputs.push_back(tasks::fit_input(image::read_image(file), file.string(), trained.model->domain()));
  return inputs;
}

/// The classes asked for, all in turn where none are.
std::vector<int64_t> chosen_classes(const std::vector<std::string>& names, const ImageGeneration& options) {
  std::vector<int64_t> chosen;
  for (const auto& text : options.classes) chosen.push_back(tasks::class_number(names, text));
  for (int64_t i = 0; options.classes.empty() && i < std::ssize(names); ++i) chosen.push_back(i);
  return chosen;
}

void set_class(ImageSubject& subject, int64_t label, const std::vector<std::string>& names) {
  subject.label = label;
  subject.class_name = names[static_cast<size_t>(label)];
}

/// Labels of a data set's images are their own; files need them from --class.
void label_inputs(std::vector<ImageSubject>& subjects, const std::vector<std::string>& names,
                  const ImageGeneration& options) {
  const bool known = subjects.front().input->label.has_value();
  need(!known || options.classes.empty(), "the classes of --data are known", "--class");
  const size_t given = options.classes.size();
  need(known || given == 1 || given == subjects.size(),
       "this model draws by class: give one for all inputs, or one for each. The classes are " +
           tasks::list_classes(names),
       "--class");
  for (size_t i = 0; i < subjects.size(); ++i) {
    const auto& text = known ? std::string() : options.classes[given == 1 ? 0 : i];
    set_class(subjects[i], known ? *subjects[i].input->label : tasks::class_number(names, text), names);
  }
}

}  // namespace

std::vector<ImageSubject> image_subjects(const tasks::TrainedImageModel& trained,
                                         const ImageGeneration& options) {
  const nn::ImageDomain& domain = trained.model->domain();
  check(domain, options);
  const auto names = tasks::image_classes(trained.config);
  std::vector<ImageSubject> subjects;
  for (auto& input : read_inputs(trained, options)) {
    ImageSubject subject;
    if (!options.keep.empty()) {
      subject.known =
          tasks::KnownPixels{*input.original, tasks::parse_kept(options.keep, domain.height, domain.width)};
    }
    subject.input = std::move(input);
    subjects.push_back(std::move(subject));
  }
  if (!subjects.empty()) {
    if (domain.classes > 0) label_inputs(subjects, names, options);
    return subjects;
  }
  for (const int64_t label : chosen_classes(names, options)) {
    subjects.emplace_back();
    set_class(subjects.back(), label, names);
  }
  if (subjects.empty()) subjects.emplace_back();
  return subjects;
}

nn::ImageCondition subject_condition(const std::vector<ImageSubject>& subjects, int64_t first,
                                     int64_t count) {
  std::vector<int64_t> labels;
  std::vector<at::Tensor> sources;
  for (int64_t sample = first; sample < first + count; ++sample) {
    const auto& subject = subjects[static_cast<size_t>(sample % std::ssize(subjects))];
    if (subject.label) labels.push_back(*subject.label);
    if (subject.input && subject.input->source) sources.push_back(tasks::tensor_of(*subject.input->source));
  }
  nn::ImageCondition condition;
  if (!labels.empty()) condition.labels = at::tensor(labels, at::kLong);
  if (!sources.empty()) condition.source = at::stack(sources);
  return condition;
}

}  // namespace heed::cli
