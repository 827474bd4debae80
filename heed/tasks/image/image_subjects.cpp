// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/image/image_subjects.h"

#include <algorithm>

#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include "heed/core/error.h"
#include "heed/data/image/image_reader.h"
#include "heed/tasks/image/image_tensors.h"
#include "heed/tasks/options.h"

namespace heed::tasks {
namespace {

void require(bool good, const std::string& field, const std::string& message) {
  if (!good) throw Error(ErrorKind::kUsage, message, FieldName{field});
}

bool has_inputs(const ImageSubjectOptions& options) {
  return !options.inputs.empty() || !options.data.empty();
}

void check_fit(const nn::ImageDomain& domain, const ImageSubjectOptions& options) {
  require(options.classes.empty() || domain.classes > 0, "class",
          "this model has no classes: it was trained without [data] condition = class");
  if (domain.source_height > 0) {
    require(
        has_inputs(options), "input",
        "is required: this model is conditioned on a smaller image; give image files, or a data set as data");
    require(options.keep.empty(), "keep",
            "does not work with models that are conditioned on a smaller image");
    return;
  }
  require(!has_inputs(options) || !options.keep.empty(), "keep",
          "is required with input or data: this model is not conditioned on a smaller image; it completes "
          "images of which a part is kept");
}

std::vector<ImageInput> read_inputs(const ImageTaskModel& model, const ImageSubjectOptions& options) {
  if (!options.data.empty())
    return inputs_of_split(model.read_images(options.data), options.split, options.images);
  std::vector<ImageInput> inputs;
  for (const auto& file : options.inputs)
    inputs.push_back(fit_input(image::read_image(file), file.string(), model.domain(), model.fit()));
  return inputs;
}

/// The classes in a text, separated by commas. A name with commas stays whole: the longest name that begins
/// at a comma is taken.
std::vector<std::string> split_classes(const std::vector<std::string>& names, const std::string& text) {
  std::vector<std::string> classes;
  for (size_t begin = 0; begin <= text.size();) {
    size_t end = std::min(text.find(',', begin), text.size());
    for (size_t next = end; next < text.size();) {
      next = std::min(text.find(',', next + 1), text.size());
      if (std::find(names.begin(), names.end(), text.substr(begin, next - begin)) != names.end()) end = next;
    }
    classes.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return classes;
}

std::vector<int64_t> chosen_labels(const ImageTaskModel& model, const ImageSubjectOptions& options) {
  std::vector<int64_t> labels;
  for (const auto& texts : options.classes)
    for (const auto& text : split_classes(model.classes, texts))
      labels.push_back(class_number(model.classes, text));
  return labels;
}

void set_class(ImageSubject& subject, int64_t label, const std::vector<std::string>& names) {
  subject.label = label;
  subject.class_name = names[static_cast<size_t>(label)];
}

/// Images of a data set have labels of their own; files take those that the options name.
void label_inputs(std::vector<ImageSubject>& subjects, const ImageTaskModel& model,
                  const ImageSubjectOptions& options) {
  if (subjects.front().input->label) {
    for (auto& subject : subjects) set_class(subject, *subject.input->label, model.classes);
    return;
  }
  const auto labels = chosen_labels(model, options);
  require(labels.size() == 1 || labels.size() == subjects.size(), "class",
          "this model draws by class: name one class for all inputs, or one for each. The classes are " +
              list_classes(model.classes));
  for (size_t i = 0; i < subjects.size(); ++i)
    set_class(subjects[i], labels[labels.size() == 1 ? 0 : i], model.classes);
}

std::vector<ImageSubject> input_subjects(const ImageTaskModel& model, const ImageSubjectOptions& options) {
  const nn::ImageDomain& domain = model.domain();
  std::vector<ImageSubject> subjects;
  for (auto& input : read_inputs(model, options)) {
    ImageSubject subject;
    if (!options.keep.empty())
      subject.known = KnownPixels{*input.original, parse_kept(options.keep, domain.height, domain.width)};
    subject.input = std::move(input);
    subjects.push_back(std::move(subject));
  }
  if (subjects.empty()) throw Error(ErrorKind::kData, "the split has no images", FieldName{"data"});
  if (domain.classes > 0) label_inputs(subjects, model, options);
  return subjects;
}

std::vector<ImageSubject> class_subjects(const ImageTaskModel& model, const ImageSubjectOptions& options) {
  auto labels = chosen_labels(model, options);
  for (int64_t i = 0; options.classes.empty() && i < std::ssize(model.classes); ++i) labels.push_back(i);
  if (labels.empty()) return {ImageSubject{}};
  std::vector<ImageSubject> subjects(labels.size());
  for (size_t i = 0; i < labels.size(); ++i) set_class(subjects[i], labels[i], model.classes);
  return subjects;
}

}  // namespace

std::vector<Field> fields(ImageSubjectOptions& options) {
  return {
      default_text(excludes({"class", &options.classes,
                             "names or numbers of classes, such as cat,dog; samples "
                             "take turns"},
                            {"data"}),
                   "all classes in turn"),
      excludes(
          {"input", &options.inputs,
           "PNG or JPEG files: the smaller image that the model is conditioned on, or a larger one, which is "
           "made smaller; with keep, the image to complete"},
          {"data"}),
      {"data", &options.data, "data set whose images are the inputs"},
      needs(split_field(options.split), {"data"}),
      needs({"images", &options.images, "images of the data set, spread over the split", at_least(1)},
            {"data"}),
      {"keep", &options.keep,
       "part of the input that stays: top, bottom, left or right (that half), all-but-centre, or a number of "
       "rows "
       "from the top. A drawn pixel depends only on kept pixels that come before it in the model's order; in "
       "raster "
       "order these are all rows above it and the pixels to its left"}};
}

void check_subjects(const ImageSubjectOptions& options) {
  require(has_inputs(options) || options.keep.empty(), "input",
          "is required with keep, or a data set as data: it is the image to complete");
}

std::vector<ImageSubject> image_subjects(const ImageTaskModel& model, const ImageSubjectOptions& options) {
  check_subjects(options);
  check_fit(model.domain(), options);
  return has_inputs(options) ? input_subjects(model, options) : class_subjects(model, options);
}

const ImageSubject& subject_of(const std::vector<ImageSubject>& subjects, int64_t sample) {
  return subjects[static_cast<size_t>(sample % std::ssize(subjects))];
}

nn::ImageCondition subject_condition(const std::vector<ImageSubject>& subjects, int64_t first,
                                     int64_t count) {
  std::vector<int64_t> labels;
  std::vector<at::Tensor> sources;
  for (int64_t sample = first; sample < first + count; ++sample) {
    const auto& subject = subject_of(subjects, sample);
    if (subject.label) labels.push_back(*subject.label);
    if (subject.input && subject.input->source) sources.push_back(tensor_of(*subject.input->source));
  }
  nn::ImageCondition condition;
  if (!labels.empty()) condition.labels = at::tensor(labels, at::kLong);
  if (!sources.empty()) condition.source = at::stack(sources);
  return condition;
}

}  // namespace heed::tasks
