// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/image/kept_pixels.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <limits>

#include "heed/core/error.h"

namespace heed::tasks {
namespace {

constexpr int kUnknown = -1;
constexpr uint8_t kFlatGrey = 214;

using Values = std::vector<int>;  ///< in the order of generation; kUnknown: to be drawn

class ForceKnown : public decoding::Constraint {
 public:
  explicit ForceKnown(std::shared_ptr<const Values> values) : values_(std::move(values)) {}

  void accept(int64_t /*token*/) override { ++accepted_; }
  void restrict_logits(std::span<float> logits) override {
    const auto place = static_cast<size_t>(accepted_ - 1);  // the prompt's token is not a value of the image
    if (place >= values_->size() || (*values_)[place] == kUnknown) return;
    std::fill(logits.begin(), logits.end(), -std::numeric_limits<float>::infinity());
    logits[static_cast<size_t>((*values_)[place])] = 0;
  }

 private:
  std::shared_ptr<const Values> values_;
  int64_t accepted_ = 0;
};

Values values_in_order(const KnownPixels& known, const at::Tensor& order) {
  const auto* places = order.const_data_ptr<int64_t>();
  Values values(static_cast<size_t>(order.numel()), kUnknown);
  for (size_t i = 0; i < values.size(); ++i) {
    const auto place = static_cast<size_t>(places[i]);
    if (known.keep[place / static_cast<size_t>(known.image.channels)]) values[i] = known.image.pixels[place];
  }
  return values;
}

std::vector<bool> keep_where(int64_t height, int64_t width,
                             const std::function<bool(int64_t row, int64_t column)>& kept) {
  std::vector<bool> keep;
  for (int64_t row = 0; row < height; ++row)
    for (int64_t column = 0; column < width; ++column) keep.push_back(kept(row, column));
  return keep;
}

/// True when `offset` lies in the middle half of `size`.
bool in_centre(int64_t offset, int64_t size) {
  const int64_t hole = std::max<int64_t>(1, size / 2), begin = (size - hole) / 2;
  return offset >= begin && offset < begin + hole;
}

/// The number of rows that `text` keeps of `height`.
int64_t parse_rows(const std::string& text, int64_t height) {
  int64_t rows = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rows);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw Error(ErrorKind::kUsage,
                "must be top, bottom, left, right, all-but-centre or a number of rows, got '" + text + "'",
                FieldName{"keep"});
  }
  if (rows < 1 || rows >= height) {
    throw Error(ErrorKind::kUsage,
                "must keep 1 to " + std::to_string(height - 1) + " of the " + std::to_string(height) +
                    " rows, got " + std::to_string(rows),
                FieldName{"keep"});
  }
  return rows;
}

}  // namespace

std::vector<bool> parse_kept(const std::string& text, int64_t height, int64_t width) {
  const auto keep = [&](auto kept) { return keep_where(height, width, kept); };
  if (text == "top") return keep([&](int64_t row, int64_t) { return row < height / 2; });
  if (text == "bottom") return keep([&](int64_t row, int64_t) { return row >= height - height / 2; });
  if (text == "left") return keep([&](int64_t, int64_t column) { return column < width / 2; });
  if (text == "right") return keep([&](int64_t, int64_t column) { return column >= width - width / 2; });
  if (text == "all-but-centre" || text == "all-but-center") {
    return keep(
        [&](int64_t row, int64_t column) { return !in_centre(row, height) || !in_centre(column, width); });
  }
  const int64_t rows = parse_rows(text, height);
  return keep([&](int64_t row, int64_t) { return row < rows; });
}

image::Image only_kept(const KnownPixels& known) {
  image::Image shown = known.image;
  for (size_t i = 0; i < shown.pixels.size(); ++i) {
    if (!known.keep[i / static_cast<size_t>(shown.channels)]) shown.pixels[i] = kFlatGrey;
  }
  return shown;
}

decoding::ConstraintFactory force_known(const std::vector<KnownPixels>& known, const at::Tensor& order,
                                        int64_t first_sample) {
  std::vector<std::shared_ptr<const Values>> values;
  for (const auto& each : known) values.push_back(std::make_shared<Values>(values_in_order(each, order)));
  return [values, first_sample](int64_t sample) {
    return std::make_unique<ForceKnown>(values.at(static_cast<size_t>(sample - first_sample)));
  };
}

}  // namespace heed::tasks
