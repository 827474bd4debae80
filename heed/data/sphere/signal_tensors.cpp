// SPDX-License-Identifier: Apache-2.0
#include "heed/data/sphere/signal_tensors.h"

#include <algorithm>
#include <span>
#include <utility>

#include <nlohmann/json.hpp>

#include "heed/core/error.h"
#include "heed/core/safetensors.h"
#include "heed/data/graph/categories.h"
#include "heed/data/graph/typed_array.h"
#include "heed/data/sphere/signal_maker.h"
#include "heed/data/tensor_file.h"
#include "heed/data/text/counts.h"

namespace heed::sphere {
namespace {

using Names = std::vector<std::string>;
using graph::NamedArray;

bool is_float(Dtype dtype) {
  return dtype == Dtype::kF16 || dtype == Dtype::kBF16 || dtype == Dtype::kF32 || dtype == Dtype::kF64;
}

class SignalTensorReader {
 public:
  SignalTensorReader(const Safetensors& file, const SignalReadOptions& options)
      : file_(file), options_(options) {}

  SignalSet read() {
    read_points();
    read_values();
    if (file_.contains("label")) read_label();
    if (file_.contains("targets")) read_numbers("targets");
    if (file_.contains("split")) {
      for (const int32_t split : small_numbers(sized("split", set_.samples), 0, 3))
        set_.split.push_back(static_cast<graph::Split>(split));
    }
    set_.sample_names = names("samples", set_.samples);
    return std::move(set_);
  }

 private:
  NamedArray array(const std::string& name) const { return {file_.at(name), file_.name(), name}; }
  NamedArray sized(const std::string& name, int64_t size) const {
    NamedArray given = array(name);
    given.expect_shape({size});
    return given;
  }

  [[noreturn]] void fail(const std::string& message) const {
    throw Error(ErrorKind::kData, message, file_.name());
  }

  /// A list of the metadata; empty if there is none. `size` is -1 where any will do.
  Names names(const std::string& key, int64_t size) const {
    const auto found = file_.metadata().find(key);
    if (found == file_.metadata().end()) return {};
    const auto json = nlohmann::json::parse(found->second, nullptr, false);
    const auto is_text = [](const auto& value) { return value.is_string(); };
    if (!json.is_array() || !std::all_of(json.begin(), json.end(), is_text))
      fail("the metadata entry '" + key + "' must be a JSON list of texts");
    if (size >= 0 && std::ssize(json) != size) {
      fail("the metadata entry '" + key + "' has " + text::grouped(std::ssize(json)) + " names; " +
           text::grouped(size) + " are needed");
    }
    return json.get<Names>();
  }

  void read_points() {
    const NamedArray points = array("points");
    points.expect_shape({-1, 3});
    const int64_t count = points.view.shape[0];
    if (count == 0 || count > options_.limits.points)
      points.fail("must have from 1 to " + text::grouped(options_.limits.points) + " points, got " +
                  text::grouped(count));
    set_.points = finite_floats(points);
    const auto fail_at = [&](const char* tensor) {
      return [this, tensor](size_t point, const std::string& message) {
        fail("point " + std::to_string(point) + " " + message + " ('" + tensor + "')");
      };
    };
    make_unit(set_.points, fail_at("points"));
    const bool given = file_.contains("weights");
    set_weights(set_, given ? finite_floats(sized("weights", count)) : SignalFloats(), fail_at("weights"));
  }

  void read_values() {
    const NamedArray values = array("values");
    const bool one_channel = values.view.shape.size() == 2;
    values.expect_shape(one_channel ? std::vector<int64_t>{-1, set_.point_count()}
                                    : std::vector<int64_t>{-1, set_.point_count(), -1});
    set_.samples = values.view.shape[0];
    set_.channels = one_channel ? 1 : values.view.shape[2];
    check_count(values, set_.samples, options_.limits.samples, "samples");
    check_count(values, set_.channels, static_cast<int64_t>(options_.limits.channels), "channels");
    if (set_.channels == 0) values.fail("has no channels");
    set_.channel_names = names("channels", set_.channels);
    if (values.view.dtype == Dtype::kU8) {
      SignalBytes bytes(values.view.bytes.size());
      file_.copy("values", std::as_writable_bytes(std::span(bytes)));
      set_.values = std::move(bytes);
    } else {
      set_.values = finite_floats(values);
    }
  }

  static void check_count(const NamedArray& array, int64_t count, int64_t limit, const char* what) {
    if (count > limit) array.fail("has more than " + text::grouped(limit) + " " + what);
  }

  void read_label() {
    if (is_float(array("label").view.dtype)) {
      if (file_.contains("targets")) array("label").fail("must be whole numbers where there are 'targets'");
      return read_numbers("label");
    }
    auto& classes = set_.targets.classes;
    const NamedArray label = sized("label", set_.samples);
    classes.name = "label";
    classes.codes = small_numbers(label, -1, static_cast<int32_t>(options_.limits.classes) - 1);
    classes.values = class_names(label);
    sort_values(classes);
    set_.targets.level = graph::Level::kGraph;
  }

  Names class_names(const NamedArray& label) const {
    int32_t count = 0;
    for (const int32_t code : set_.targets.classes.codes) count = std::max(count, code + 1);
    Names values = names("classes", -1);
    if (values.empty())
      for (int32_t value = 0; value < count; ++value) values.push_back(std::to_string(value));
    if (std::ssize(values) < count) {
      label.fail("has class " + std::to_string(count - 1) + ", but the metadata entry 'classes' names " +
                 std::to_string(values.size()));
    }
    check_classes(values);
    return values;
  }

  void check_classes(Names values) const {
    if (values.size() > options_.limits.classes)
      fail("has more than " + std::to_string(options_.limits.classes) + " classes");
    std::sort(values.begin(), values.end());
    if ((!values.empty() && values.front().empty()) ||
        std::adjacent_find(values.begin(), values.end()) != values.end())
      fail("the metadata entry 'classes' must have distinct names, none empty");
  }

  void read_numbers(const std::string& tensor) {
    const NamedArray numbers = array(tensor);
    const bool one = numbers.view.shape.size() == 1;
    numbers.expect_shape(one ? std::vector<int64_t>{set_.samples} : std::vector<int64_t>{set_.samples, -1});
    const int64_t width = one ? 1 : numbers.view.shape[1];
    check_count(numbers, width, static_cast<int64_t>(options_.limits.channels), "columns");
    if (width == 0) numbers.fail("has no columns");
    auto& targets = set_.targets;
    targets.level = graph::Level::kGraph;
    targets.numbers = doubles_or_nan(numbers);
    targets.names = names("targets", width);
    if (targets.names.empty() && width == 1) targets.names = {tensor == "label" ? "label" : "target"};
    for (int64_t i = std::ssize(targets.names); i < width; ++i)
      targets.names.push_back("target" + std::to_string(i));
  }

  const Safetensors& file_;
  const SignalReadOptions& options_;
  SignalSet set_;
};

}  // namespace

SignalSet read_signal_tensors(const Safetensors& file, const SignalReadOptions& options) {
  return SignalTensorReader(file, options).read();
}

SignalSet parse_signal_tensors(std::vector<std::byte> file, const std::string& name,
                               const SignalReadOptions& options) {
  SignalSet set;
  parse_tensor_file(std::move(file), name,
                    [&](const Safetensors& tensors) { set = read_signal_tensors(tensors, options); });
  return set;
}

SignalSet read_signal_tensors(const std::filesystem::path& path, const SignalReadOptions& options) {
  SignalSet set;
  read_tensor_file(path, options.limits.bytes,
                   [&](const Safetensors& tensors) { set = read_signal_tensors(tensors, options); });
  return set;
}

}  // namespace heed::sphere
