// SPDX-License-Identifier: Apache-2.0
#include "heed/training/average.h"

#include <map>
#include <string>
#include <utility>

#include <ATen/ATen.h>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/mapped_file.h"
#include "heed/core/progress.h"
#include "heed/training/checkpoint.h"
#include "heed/training/tensor_file.h"

namespace heed::training {
namespace fs = std::filesystem;
namespace {

class Mean {
 public:
  void add(const fs::path& file) {
    const Safetensors stored = Safetensors::read(file);
    if (count_ > 0 && stored.tensors().size() != entries_.size()) misfit(file, "the number of tensors");
    for (const auto& [name, view] : stored.tensors()) {
      add(name, to_tensor(stored.at(name)), file);
      stored.release(view.bytes);
    }
    ++count_;
  }
  int64_t count() const { return count_; }

  /// Divides the sums in place and writes the means; call it once.
  void write(const fs::path& file) {
    TensorMap means;
    for (auto& [name, entry] : entries_) {
      const at::Tensor value = std::exchange(entry.value, {});
      means[name] = entry.sums() ? value.div_(count_).to(entry.dtype) : value;
    }
    write_atomically(file, [&](FileWriter& writer) { write_tensors(writer, means, {{"format", "pt"}}); });
  }

 private:
  struct Entry {
    bool sums() const { return at::isFloatingType(dtype); }
    at::Tensor value;  ///< sum in float64, or the newest checkpoint's value
    at::ScalarType dtype;
  };

  [[noreturn]] static void misfit(const fs::path& file, const std::string& what) {
    throw Error(ErrorKind::kCheckpoint, what + " differs from the newest checkpoint's", file.string());
  }
  void add(const std::string& name, const at::Tensor& tensor, const fs::path& file) {
    if (count_ == 0) {
      entries_[name] = {tensor.is_floating_point() ? tensor.to(at::kDouble) : tensor, tensor.scalar_type()};
      return;
    }
    const auto found = entries_.find(name);
    if (found == entries_.end() || found->second.value.sizes() != tensor.sizes())
      misfit(file, "tensor '" + name + "'");
    if (found->second.sums()) found->second.value += tensor;
  }

  int64_t count_ = 0;
  std::map<std::string, Entry> entries_;
};

bool belongs_to_training(const std::string& name) {
  return name == "model.safetensors" || name == "adapter.safetensors" || name == "metrics.jsonl" ||
         name == "plan.json" || name.rfind("events.out.tfevents", 0) == 0 ||
         name.find(".new-") != std::string::npos;
}

void add_newest(Mean& mean, const fs::path& run, int64_t last, int64_t until) {
  int64_t added = 0;
  for (const int64_t step : checkpoint_steps(run)) {
    if (added == last) break;
    if (step > until || (step == 0 && added > 0)) continue;
    const fs::path folder = checkpoint_folder(run, step);
    const std::string damage = checkpoint_damage(folder);
    if (damage.empty()) {
      mean.add(folder / "model.safetensors");
      ++added;
    } else {
      warn("checkpoint " + folder.string() + " is damaged and skipped: " + damage);
    }
  }
  if (added > 0) return;
  const bool early = until != std::numeric_limits<int64_t>::max();
  throw Error(ErrorKind::kCheckpoint,
              "has no checkpoint to average" + (early ? " up to step " + std::to_string(until) : ""),
              run.string());
}

/// Refuses models with different vocabularies: averages of their weights would be meaningless.
void check_same_vocabulary(const fs::path& first, const fs::path& other) {
  for (const auto& entry : fs::directory_iterator(first)) {
    if (entry.path().extension() != ".model") continue;
    const fs::path file = other / entry.path().filename();
    if (!fs::exists(file) || read_bytes(file) != read_bytes(entry.path()))
      throw Error(ErrorKind::kCheckpoint,
                  "differs from that in " + first.string() + ": average only models with the same vocabulary",
                  file.string());
  }
}

}  // namespace

void copy_companions(const fs::path& run, const fs::path& output) {
  std::error_code same;
  if (fs::equivalent(run, output, same)) return;
  for (const auto& entry : fs::directory_iterator(run)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_regular_file() || belongs_to_training(name)) continue;
    write_atomically(output / name, MappedFile(entry.path(), ErrorKind::kCheckpoint).bytes());
  }
}

int64_t average_checkpoints(const std::vector<fs::path>& runs, int64_t last, const fs::path& output,
                            int64_t until) {
  Mean mean;
  for (const auto& run : runs) {
    check_same_vocabulary(runs.front(), run);
    add_newest(mean, run, last, until);
  }
  make_folder(output);
  copy_companions(runs.front(), output);
  mean.write(output / "model.safetensors");
  return mean.count();
}

}  // namespace heed::training
