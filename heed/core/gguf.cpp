// SPDX-License-Identifier: Apache-2.0
#include "heed/core/gguf.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

#include "heed/core/error.h"

namespace heed {
namespace {

struct TypeRow {
  GgufType type;
  const char* name;
  uint32_t number;         ///< in files
  size_t elements, bytes;  ///< of a block
};
constexpr std::array kTypes{TypeRow{GgufType::kF32, "F32", 0, 1, 4}, TypeRow{GgufType::kF16, "F16", 1, 1, 2},
                            TypeRow{GgufType::kBF16, "BF16", 30, 1, 2},
                            TypeRow{GgufType::kQ8_0, "Q8_0", 8, 32, 34}};
/// Types that others write, by their number; for messages.
constexpr std::array<const char*, 31> kNames{
    "F32",   "F16",    "Q4_0", "Q4_1", "Q4_2", "Q4_3",    "Q5_0",   "Q5_1",    "Q8_0",  "Q8_1",   "Q2_K",
    "Q3_K",  "Q4_K",   "Q5_K", "Q6_K", "Q8_K", "IQ2_XXS", "IQ2_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S",
    "IQ2_S", "IQ4_XS", "I8",   "I16",  "I32",  "I64",     "F64",    "IQ1_M",   "BF16"};
constexpr uint64_t kMaxDimensions = 4, kMaxNameLength = 1024;
constexpr size_t kStretchElements = size_t{1} << 20;  ///< converted at a time, a multiple of every block

const TypeRow& row(GgufType type) {
  return *std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeRow& r) { return r.type == type; });
}

template <class T>
T load(const std::byte* from) {
  T value{};
  std::memcpy(&value, from, sizeof value);
  return value;
}

/// Without branches, so that compilers vectorise it.
float from_half(uint16_t bits) {
  const uint32_t exponent = bits >> 10 & 0x1fu, size = static_cast<uint32_t>(bits & 0x7fffu) << 13;
  const uint32_t shift = exponent == 31 ? 224u << 23 : 112u << 23;  // infinity stays infinity
  const float subnormal = std::bit_cast<float>(size + (113u << 23)) - 0x1p-14F;
  const uint32_t magnitude = exponent == 0 ? std::bit_cast<uint32_t>(subnormal) : size + shift;
  return std::bit_cast<float>(magnitude | static_cast<uint32_t>(bits & 0x8000u) << 16);
}

void convert_q8_block(const std::byte* block, float* to) {
  const float scale = from_half(load<uint16_t>(block));
  for (size_t i = 0; i < 32; ++i) to[i] = scale * static_cast<float>(load<int8_t>(block + 2 + i));
}

/// Converts `count` numbers, whole blocks, to float32.
void convert(GgufType type, const std::byte* from, size_t count, float* to) {
  switch (type) {
    case GgufType::kF32:
      std::memcpy(to, from, count * sizeof(float));
      return;
    case GgufType::kF16:
      for (size_t i = 0; i < count; ++i) to[i] = from_half(load<uint16_t>(from + 2 * i));
      return;
    case GgufType::kBF16:
      for (size_t i = 0; i < count; ++i)
        to[i] = std::bit_cast<float>(static_cast<uint32_t>(load<uint16_t>(from + 2 * i)) << 16);
      return;
    case GgufType::kQ8_0:
      for (size_t block = 0; block < count / 32; ++block)
        convert_q8_block(from + 34 * block, to + 32 * block);
      return;
  }
}

/// Reads the part of a file before the tensors' bytes.
class Reader {
 public:
  Reader(std::span<const std::byte> bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  [[noreturn]] void fail(const std::string& message) const {
    throw Error(ErrorKind::kCheckpoint, "not a valid GGUF file: " + message, at_byte(name_, position_));
  }

  template <class T>
  T number() {
    if (left() < sizeof(T)) fail("it ends too early");
    const T value = load<T>(bytes_.data() + position_);
    position_ += sizeof(T);
    return value;
  }

  std::string text(uint64_t most) {
    const auto length = number<uint64_t>();
    if (length > left() || length > most) fail("a text of " + std::to_string(length) + " bytes");
    const auto* begin = reinterpret_cast<const char*>(bytes_.data()) + position_;
    position_ += length;
    return {begin, static_cast<size_t>(length)};
  }

  void skip(uint64_t count, uint64_t size) {
    if (count > left() / size) fail("an array of " + std::to_string(count) + " numbers");
    position_ += count * size;
  }

  size_t left() const { return bytes_.size() - position_; }
  size_t position() const { return position_; }

 private:
  std::span<const std::byte> bytes_;
  const std::string& name_;
  size_t position_ = 0;
};

/// Types of metadata values, as files number them.
enum : uint32_t { kU8, kI8, kU16, kI16, kU32, kI32, kF32, kBool, kString, kArray, kU64, kI64, kF64 };

/// Bytes of a number of this type; 0: not a number.
uint64_t number_size(uint32_t type) {
  constexpr std::array<uint64_t, 13> kSizes{1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
  return type < kSizes.size() ? kSizes[type] : 0;
}

std::optional<Gguf::Value> read_array(Reader& reader) {
  const auto type = reader.number<uint32_t>();
  const auto count = reader.number<uint64_t>();
  if (const uint64_t size = number_size(type)) {
    reader.skip(count, size);
    return std::nullopt;
  }
  if (type != kString) reader.fail("an array of elements of type " + std::to_string(type));
  if (count > reader.left() / sizeof(uint64_t))
    reader.fail("an array of " + std::to_string(count) + " texts");
  std::vector<std::string> texts;
  for (uint64_t i = 0; i < count; ++i) texts.push_back(reader.text(reader.left()));
  return texts;
}

std::optional<Gguf::Value> read_value(Reader& reader) {
  const auto type = reader.number<uint32_t>();
  switch (type) {
    case kU8:
      return static_cast<int64_t>(reader.number<uint8_t>());
    case kI8:
      return static_cast<int64_t>(reader.number<int8_t>());
    case kU16:
      return static_cast<int64_t>(reader.number<uint16_t>());
    case kI16:
      return static_cast<int64_t>(reader.number<int16_t>());
    case kU32:
      return static_cast<int64_t>(reader.number<uint32_t>());
    case kI32:
      return static_cast<int64_t>(reader.number<int32_t>());
    case kI64:
      return reader.number<int64_t>();
    case kU64: {
      const auto value = reader.number<uint64_t>();
      if (!std::in_range<int64_t>(value)) reader.fail("a number beyond 63 bits");
      return static_cast<int64_t>(value);
    }
    case kF32:
      return static_cast<double>(reader.number<float>());
    case kF64:
      return reader.number<double>();
    case kBool:
      return reader.number<uint8_t>() != 0;
    case kString:
      return reader.text(reader.left());
    case kArray:
      return read_array(reader);
    default:
      reader.fail("a value of type " + std::to_string(type));
  }
}

GgufType read_type(Reader& reader, const std::string& tensor, const std::string& file) {
  const auto number = reader.number<uint32_t>();
  for (const TypeRow& known : kTypes)
    if (known.number == number) return known.type;
  throw Error(ErrorKind::kCheckpoint,
              "tensor '" + tensor + "' has type " +
                  (number < kNames.size() ? kNames[number] : "number " + std::to_string(number)) +
                  "; heed reads F32, F16, BF16 and Q8_0: convert the model to one of these",
              file);
}

std::vector<int64_t> read_shape(Reader& reader, const std::string& tensor) {
  const auto dimensions = reader.number<uint32_t>();
  if (dimensions > kMaxDimensions)
    reader.fail("tensor '" + tensor + "' has " + std::to_string(dimensions) + " dimensions");
  std::vector<int64_t> shape(dimensions);
  for (uint32_t i = dimensions; i-- > 0;) {
    const auto extent = reader.number<uint64_t>();
    if (!std::in_range<int64_t>(extent)) reader.fail("tensor '" + tensor + "' has a size beyond 63 bits");
    shape[i] = static_cast<int64_t>(extent);
  }
  return shape;
}

/// Bytes of a tensor; nothing if its rows are no whole blocks or the size exceeds 64 bits.
std::optional<uint64_t> bytes_of(GgufType type, const std::vector<int64_t>& shape) {
  uint64_t elements = 1;
  for (const int64_t extent : shape)
    if (__builtin_mul_overflow(elements, static_cast<uint64_t>(extent), &elements)) return std::nullopt;
  const TypeRow& of = row(type);
  const uint64_t last = shape.empty() ? 1 : static_cast<uint64_t>(shape.back());
  uint64_t bytes = 0;
  if (last % of.elements != 0 || __builtin_mul_overflow(elements / of.elements, of.bytes, &bytes))
    return std::nullopt;
  return bytes;
}

struct Described {
  std::string name;
  GgufTensor tensor;
  uint64_t offset = 0;
};

Described read_tensor(Reader& reader, const std::string& file) {
  Described described;
  described.name = reader.text(kMaxNameLength);
  described.tensor.shape = read_shape(reader, described.name);
  described.tensor.type = read_type(reader, described.name, file);
  described.offset = reader.number<uint64_t>();
  return described;
}

uint64_t alignment_of(const Gguf& file) {
  constexpr int64_t kDefault = 32;
  const char* key = "general.alignment";
  const int64_t alignment = file.has<int64_t>(key) ? file.at<int64_t>(key) : kDefault;
  if (alignment < 1 || alignment > (1 << 20) || !std::has_single_bit(static_cast<uint64_t>(alignment)))
    throw Error(ErrorKind::kCheckpoint, "not a valid GGUF file: an alignment of " + std::to_string(alignment),
                file.name());
  return static_cast<uint64_t>(alignment);
}

}  // namespace

const char* gguf_type_name(GgufType type) {
  return row(type).name;
}

Gguf Gguf::parse(std::vector<std::byte> file, const std::string& name) {
  Gguf result;
  result.name_ = name;
  result.memory_ = std::make_shared<const std::vector<std::byte>>(std::move(file));
  result.bytes_ = *result.memory_;
  result.parse_bytes();
  return result;
}

Gguf Gguf::read(const std::filesystem::path& path) {
  Gguf result;
  result.name_ = path.string();
  result.map_ = std::make_shared<const MappedFile>(path, ErrorKind::kCheckpoint);
  result.bytes_ = result.map_->bytes();
  result.parse_bytes();
  return result;
}

void Gguf::parse_bytes() {
  Reader reader(bytes_, name_);
  constexpr uint32_t kMagic = 0x46554747;  // "GGUF"
  if (reader.number<uint32_t>() != kMagic) reader.fail("it does not begin with GGUF");
  const auto version = reader.number<uint32_t>();
  if (version != 2 && version != 3)
    reader.fail("version " + std::to_string(version) + "; heed reads versions 2 and 3, little-endian");
  const auto tensors = reader.number<uint64_t>(), values = reader.number<uint64_t>();
  for (uint64_t i = 0; i < values; ++i) {
    const std::string key = reader.text(kMaxNameLength);
    if (metadata_.count(key) != 0) reader.fail("'" + key + "' is given twice");
    if (auto value = read_value(reader)) metadata_.emplace(key, std::move(*value));
  }
  std::vector<Described> described;
  for (uint64_t i = 0; i < tensors; ++i) described.push_back(read_tensor(reader, name_));
  const uint64_t alignment = alignment_of(*this);
  const auto begin = (reader.position() + alignment - 1) / alignment * alignment;
  const auto data = bytes_.subspan(std::min<uint64_t>(begin, bytes_.size()));
  for (auto& [name, tensor, offset] : described) {
    const auto bytes = bytes_of(tensor.type, tensor.shape);
    if (!bytes) reader.fail("tensor '" + name + "' has a size that its type does not allow");
    if (offset > data.size() || *bytes > data.size() - offset)
      reader.fail("tensor '" + name + "' lies outside the file");
    tensor.bytes = data.subspan(offset, *bytes);
    if (!tensors_.emplace(name, std::move(tensor)).second) reader.fail("'" + name + "' is given twice");
  }
}

void Gguf::lacks(const std::string& key) const {
  const bool present = metadata_.count(key) != 0;
  throw Error(ErrorKind::kCheckpoint,
              (present ? "has a value of an unexpected type as '" : "has no metadata value '") + key + "'",
              name_);
}

void Gguf::copy(const std::string& tensor, std::span<float> to) const {
  const auto found = tensors_.find(tensor);
  if (found == tensors_.end()) throw Error(ErrorKind::kCheckpoint, "holds no tensor '" + tensor + "'", name_);
  const auto& [type, shape, bytes] = found->second;
  const TypeRow& of = row(type);
  for (size_t begin = 0; begin < to.size(); begin += kStretchElements) {
    const size_t count = std::min(kStretchElements, to.size() - begin);
    const auto stretch = bytes.subspan(begin / of.elements * of.bytes, count / of.elements * of.bytes);
    if (map_) map_->check_whole();
    convert(type, stretch.data(), count, to.data() + begin);
    if (map_) map_->release(stretch);
  }
}

}  // namespace heed
