// SPDX-License-Identifier: Apache-2.0
#include "heed/core/safetensors.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <optional>
#include <set>

#include <nlohmann/json.hpp>

#include "heed/core/error.h"
#include "heed/core/files.h"

namespace heed {
namespace {

struct DtypeRow {
  Dtype dtype;
  const char* name;
  size_t size;
};
constexpr std::array kDtypes{
    DtypeRow{Dtype::kBool, "BOOL", 1}, DtypeRow{Dtype::kU8, "U8", 1},   DtypeRow{Dtype::kI8, "I8", 1},
    DtypeRow{Dtype::kU16, "U16", 2},   DtypeRow{Dtype::kI16, "I16", 2}, DtypeRow{Dtype::kI32, "I32", 4},
    DtypeRow{Dtype::kI64, "I64", 8},   DtypeRow{Dtype::kF16, "F16", 2}, DtypeRow{Dtype::kBF16, "BF16", 2},
    DtypeRow{Dtype::kF32, "F32", 4},   DtypeRow{Dtype::kF64, "F64", 8}};
constexpr uint64_t kMaxHeader = 100'000'000;
constexpr size_t kMaxDimensions = 16;
constexpr int kMaxDepth = 8;

const DtypeRow& row(Dtype dtype) {
  return *std::find_if(kDtypes.begin(), kDtypes.end(), [&](const DtypeRow& r) { return r.dtype == dtype; });
}

[[noreturn]] void corrupt(const std::string& file, const std::string& message) {
  throw Error(ErrorKind::kCheckpoint, "not a valid safetensors file: " + message, file);
}

uint64_t unsigned_number(const nlohmann::json& value, const std::string& file, const std::string& tensor) {
  if (!value.is_number_unsigned())
    corrupt(file, "tensor '" + tensor + "' has a size or offset that is no whole number");
  return value.get<uint64_t>();
}

/// Parses the header as JSON. Rejects duplicate names, whose meaning JSON leaves open.
nlohmann::json parse_header(const char* text, size_t size, const std::string& file) {
  std::vector<std::set<std::string>> names;  // of each open object
  const auto watch = [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json& value) {
    using Event = nlohmann::json::parse_event_t;
    if (depth > kMaxDepth) corrupt(file, "the header is nested too deeply");
    if (event == Event::object_start) names.emplace_back();
    if (event == Event::object_end) names.pop_back();
    if (event == Event::key && !names.back().insert(value.get<std::string>()).second)
      corrupt(file, "'" + value.get<std::string>() + "' is given twice");
    return true;
  };
  auto header = nlohmann::json::parse(text, text + size, watch, /*allow_exceptions=*/false);
  if (!header.is_object()) corrupt(file, "the header is no JSON object");
  return header;
}

Dtype parse_dtype(const nlohmann::json& name, const std::string& file, const std::string& tensor) {
  const auto known =
      std::find_if(kDtypes.begin(), kDtypes.end(), [&](const DtypeRow& r) { return name == r.name; });
  if (known == kDtypes.end()) corrupt(file, "tensor '" + tensor + "' has unknown dtype " + name.dump());
  return known->dtype;
}

std::vector<int64_t> parse_shape(const nlohmann::json& given, const std::string& file,
                                 const std::string& tensor) {
  if (!given.is_array() || given.size() > kMaxDimensions)
    corrupt(file, "tensor '" + tensor + "' has a wrong shape");
  std::vector<int64_t> shape;
  for (const auto& size : given) {
    const uint64_t extent = unsigned_number(size, file, tensor);
    if (extent > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
      corrupt(file, "tensor '" + tensor + "' has a size beyond 64 bits");
    shape.push_back(static_cast<int64_t>(extent));
  }
  return shape;
}

/// Returns nothing if the product of the sizes exceeds 64 bits. Sizes of zero are ignored, because they must
/// not hide an overflow of the others.
std::optional<uint64_t> bytes_of(Dtype dtype, const std::vector<int64_t>& shape) {
  uint64_t bytes = dtype_size(dtype);
  bool empty = false;
  for (const int64_t extent : shape) {
    empty = empty || extent == 0;
    const auto factor = static_cast<uint64_t>(std::max<int64_t>(extent, 1));
    if (__builtin_mul_overflow(bytes, factor, &bytes)) return std::nullopt;
  }
  return empty ? 0 : bytes;
}

TensorView parse_entry(const nlohmann::json& entry, std::span<const std::byte> data, const std::string& file,
                       const std::string& tensor) {
  const auto missing = [&](const char* key) { return !entry.contains(key); };
  if (!entry.is_object() || missing("dtype") || missing("shape") || missing("data_offsets")) {
    corrupt(file, "tensor '" + tensor + "' lacks dtype, shape or data_offsets");
  }
  TensorView view;
  view.dtype = parse_dtype(entry["dtype"], file, tensor);
  view.shape = parse_shape(entry["shape"], file, tensor);
  const auto bytes = bytes_of(view.dtype, view.shape);
  if (!bytes) corrupt(file, "tensor '" + tensor + "' has a size beyond 64 bits");
  const auto& offsets = entry["data_offsets"];
  if (!offsets.is_array() || offsets.size() != 2)
    corrupt(file, "tensor '" + tensor + "' has wrong data_offsets");
  const uint64_t begin = unsigned_number(offsets[0], file, tensor);
  const uint64_t end = unsigned_number(offsets[1], file, tensor);
  if (begin > end || end > data.size()) corrupt(file, "tensor '" + tensor + "' lies outside the file");
  if (end - begin != *bytes)
    corrupt(file, "tensor '" + tensor + "' has offsets that disagree with its shape");
  view.bytes = data.subspan(begin, *bytes);
  return view;
}

std::map<std::string, std::string> parse_metadata(const nlohmann::json& entry, const std::string& file) {
  if (!entry.is_object()) corrupt(file, "the metadata is no JSON object");
  std::map<std::string, std::string> metadata;
  for (const auto& [field, value] : entry.items()) {
    if (!value.is_string()) corrupt(file, "metadata '" + field + "' is no string");
    metadata[field] = value.get<std::string>();
  }
  return metadata;
}

void check_no_overlap(const std::map<std::string, TensorView>& tensors, const std::string& file) {
  std::vector<std::span<const std::byte>> ranges;
  for (const auto& [name, view] : tensors) {
    if (!view.bytes.empty()) ranges.push_back(view.bytes);
  }
  std::sort(ranges.begin(), ranges.end(), [](auto a, auto b) { return a.data() < b.data(); });
  for (size_t i = 1; i < ranges.size(); ++i) {
    if (ranges[i - 1].data() + ranges[i - 1].size() > ranges[i].data()) corrupt(file, "two tensors overlap");
  }
}

}  // namespace

size_t dtype_size(Dtype dtype) {
  return row(dtype).size;
}
const char* dtype_name(Dtype dtype) {
  return row(dtype).name;
}

Safetensors Safetensors::parse(std::vector<std::byte> file, const std::string& name) {
  Safetensors result;
  result.name_ = name;
  result.memory_ = std::make_shared<const std::vector<std::byte>>(std::move(file));
  result.bytes_ = *result.memory_;
  result.parse_bytes();
  return result;
}

Safetensors Safetensors::read(const std::filesystem::path& path) {
  Safetensors result;
  result.name_ = path.string();
  result.map_ = std::make_shared<const MappedFile>(path, ErrorKind::kCheckpoint);
  result.bytes_ = result.map_->bytes();
  result.parse_bytes();
  return result;
}

void Safetensors::parse_bytes() {
  uint64_t header_size = 0;
  if (bytes_.size() < sizeof header_size) corrupt(name_, "shorter than 8 bytes");
  std::memcpy(&header_size, bytes_.data(), sizeof header_size);
  if (header_size > kMaxHeader || header_size > bytes_.size() - sizeof header_size) {
    corrupt(name_, "the header claims " + std::to_string(header_size) + " bytes");
  }
  const auto* text = reinterpret_cast<const char*>(bytes_.data()) + sizeof header_size;
  const auto header = parse_header(text, header_size, name_);
  const auto data = bytes_.subspan(sizeof header_size + header_size);
  for (const auto& [key, entry] : header.items()) {
    if (key == "__metadata__") {
      metadata_ = parse_metadata(entry, name_);
    } else {
      tensors_[key] = parse_entry(entry, data, name_, key);
    }
  }
  check_no_overlap(tensors_, name_);
}

void Safetensors::check_whole() const {
  if (map_) map_->check_whole();
}

void Safetensors::release(std::span<const std::byte> bytes) const {
  if (map_) map_->release(bytes);
}

const TensorView& Safetensors::at(const std::string& tensor) const {
  const auto found = tensors_.find(tensor);
  if (found == tensors_.end()) throw Error(ErrorKind::kCheckpoint, "holds no tensor '" + tensor + "'", name_);
  check_whole();
  return found->second;
}

std::vector<int64_t> Safetensors::integers(const std::string& tensor) const {
  const TensorView& view = at(tensor);
  std::vector<int64_t> values(view.bytes.size() / dtype_size(view.dtype));
  if (view.dtype == Dtype::kI64) {
    std::memcpy(values.data(), view.bytes.data(), view.bytes.size());
  } else if (view.dtype == Dtype::kI32) {
    for (size_t i = 0; i < values.size(); ++i) {
      int32_t value = 0;
      std::memcpy(&value, view.bytes.data() + i * sizeof value, sizeof value);
      values[i] = value;
    }
  } else {
    throw Error(ErrorKind::kCheckpoint, "tensor '" + tensor + "' must be I32 or I64", name_);
  }
  return values;
}

void Safetensors::copy(const std::string& tensor, std::span<std::byte> to) const {
  constexpr size_t kStretch = size_t{16} << 20;
  std::span<const std::byte> from = at(tensor).bytes;
  while (!from.empty()) {
    const auto stretch = from.first(std::min(from.size(), kStretch));
    check_whole();
    std::memcpy(to.data(), stretch.data(), stretch.size());
    release(stretch);
    from = from.subspan(stretch.size());
    to = to.subspan(stretch.size());
  }
}

std::string format_safetensors_header(const std::map<std::string, TensorView>& tensors,
                                      const std::map<std::string, std::string>& metadata) {
  nlohmann::json header = nlohmann::json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  uint64_t offset = 0;
  for (const auto& [name, view] : tensors) {
    const uint64_t end = offset + bytes_of(view.dtype, view.shape).value();
    header[name] = {
        {"dtype", dtype_name(view.dtype)}, {"shape", view.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const uint64_t size = text.size();
  return std::string(reinterpret_cast<const char*>(&size), sizeof size) + text;
}

std::vector<std::byte> format_safetensors(const std::map<std::string, TensorView>& tensors,
                                          const std::map<std::string, std::string>& metadata) {
  const std::string header = format_safetensors_header(tensors, metadata);
  const auto begin = std::as_bytes(std::span(header));
  std::vector<std::byte> file(begin.begin(), begin.end());
  for (const auto& [name, view] : tensors) file.insert(file.end(), view.bytes.begin(), view.bytes.end());
  return file;
}

void write_safetensors(const std::filesystem::path& path, const std::map<std::string, TensorView>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  write_atomically(path, [&](FileWriter& file) {
    file.write(format_safetensors_header(tensors, metadata));
    for (const auto& [name, view] : tensors) file.write(view.bytes);
  });
}

}  // namespace heed
