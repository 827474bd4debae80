// SPDX-License-Identifier: Apache-2.0
#include "heed/data/sphere/signal_writer.h"

#include <map>
#include <span>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "heed/core/error.h"
#include "heed/core/safetensors.h"

namespace heed::sphere {
namespace {

/// The tensors of a set and what they point into.
class SignalTensors {
 public:
  explicit SignalTensors(const SignalSet& set) {
    const int64_t count = set.point_count();
    add("points", Dtype::kF32, {count, 3}, set.points);
    add("weights", Dtype::kF32, {count}, set.weights);
    const bool bytes = std::holds_alternative<SignalBytes>(set.values);
    std::visit(
        [&](const auto& values) {
          add("values", bytes ? Dtype::kU8 : Dtype::kF32, {set.samples, count, set.channels}, values);
        },
        set.values);
    const auto& targets = set.targets;
    if (!targets.classes.name.empty() || targets.has_classes())
      add("label", Dtype::kI32, {set.samples}, targets.classes.codes);
    if (!targets.names.empty())
      add("targets", Dtype::kF64, {set.samples, std::ssize(targets.names)}, targets.numbers);
    if (!set.split.empty()) add("split", Dtype::kU8, {set.samples}, set.split);
    metadata_["geometry"] = set.geometry;
    add_names("channels", set.channel_names);
    add_names("classes", targets.classes.values);
    add_names("targets", targets.names);
    add_names("samples", set.sample_names);
  }
  const std::map<std::string, TensorView>& tensors() const { return tensors_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  template <class T>
  void add(const char* name, Dtype dtype, std::vector<int64_t> shape, const std::vector<T>& values) {
    tensors_[name] = {dtype, std::move(shape), std::as_bytes(std::span(values))};
  }
  void add_names(const char* key, const std::vector<std::string>& names) {
    if (!names.empty()) metadata_[key] = nlohmann::json(names).dump();
  }

  std::map<std::string, TensorView> tensors_;
  std::map<std::string, std::string> metadata_;
};

void check_set(const SignalSet& set, const std::string& place) {
  const std::string flaw = set.flaw();
  if (!flaw.empty()) throw Error(ErrorKind::kData, "the signals cannot be written; not so: " + flaw, place);
}

}  // namespace

void write_signals(const std::filesystem::path& path, const SignalSet& set) {
  check_set(set, path.string());
  const SignalTensors made(set);
  write_safetensors(path, made.tensors(), made.metadata());
}

std::vector<std::byte> format_signals(const SignalSet& set) {
  check_set(set, "");
  const SignalTensors made(set);
  return format_safetensors(made.tensors(), made.metadata());
}

}  // namespace heed::sphere
