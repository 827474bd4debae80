// SPDX-License-Identifier: Apache-2.0
#include "heed/core/gguf.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "expect_error.h"
#include "temporary_folder.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/core/files.h"

namespace heed {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;

/// Writes files piece by piece, as llama.cpp lays them out.
class File {
 public:
  template <class T>
  File& put(T value) {
    const auto* begin = reinterpret_cast<const std::byte*>(&value);
    bytes.insert(bytes.end(), begin, begin + sizeof value);
    return *this;
  }
  File& text(const std::string& value) {
    put(uint64_t{value.size()});
    for (const char letter : value) put(letter);
    return *this;
  }
  File& header(uint64_t tensors, uint64_t values, uint32_t version = 3) {
    for (const char letter : {'G', 'G', 'U', 'F'}) put(letter);
    return put(version).put(tensors).put(values);
  }
  File& tensor(const std::string& name, const std::vector<uint64_t>& dimensions, uint32_t type,
               uint64_t offset) {
    text(name).put(static_cast<uint32_t>(dimensions.size()));
    for (const uint64_t extent : dimensions) put(extent);
    return put(type).put(offset);
  }
  File& align(size_t to = 32) {
    while (bytes.size() % to != 0) put('\0');
    return *this;
  }
  Gguf parse() const { return Gguf::parse(bytes, "model.gguf"); }
  std::string refusal() const {
    const std::string message = error_of(ErrorKind::kCheckpoint, [&] { parse(); });
    EXPECT_THAT(message, HasSubstr("model.gguf"));
    return message;
  }

  std::vector<std::byte> bytes;
};

enum : uint32_t { kF32 = 0, kF16 = 1, kQ8_0 = 8, kQ4_K = 12, kBF16 = 30 };

std::vector<float> numbers(const Gguf& file, const std::string& tensor, size_t count) {
  std::vector<float> result(count);
  file.copy(tensor, result);
  return result;
}

TEST(Gguf, ReadsMetadataOfEveryKind) {
  File file;
  file.header(0, 6);
  file.text("general.architecture").put(uint32_t{8}).text("gpt2");
  file.text("gpt2.block_count").put(uint32_t{4}).put(uint32_t{12});
  file.text("negative").put(uint32_t{11}).put(int64_t{-7});
  file.text("epsilon").put(uint32_t{6}).put(0.5F);
  file.text("flag").put(uint32_t{7}).put(uint8_t{1});
  file.text("tokens").put(uint32_t{9}).put(uint32_t{8}).put(uint64_t{2}).text("Ġthe").text("");
  const Gguf model = file.parse();
  EXPECT_EQ(model.at<std::string>("general.architecture"), "gpt2");
  EXPECT_EQ(model.at<int64_t>("gpt2.block_count"), 12);
  EXPECT_EQ(model.at<int64_t>("negative"), -7);
  EXPECT_EQ(model.at<double>("epsilon"), 0.5);
  EXPECT_TRUE(model.at<bool>("flag"));
  EXPECT_THAT(model.at<std::vector<std::string>>("tokens"), ElementsAre("Ġthe", ""));
  EXPECT_THAT(error_of(ErrorKind::kCheckpoint, [&] { model.at<int64_t>("absent"); }),
              HasSubstr("has no metadata value 'absent'"));
  EXPECT_THAT(error_of(ErrorKind::kCheckpoint, [&] { model.at<int64_t>("epsilon"); }),
              HasSubstr("unexpected type"));
}

TEST(Gguf, ShapesHaveTheOutermostDimensionFirst) {
  File file;
  file.header(1, 0).tensor("a", {3, 2}, kF32, 0).align();
  for (int i = 0; i < 6; ++i) file.put(static_cast<float>(i));
  const Gguf model = file.parse();
  EXPECT_THAT(model.tensors().at("a").shape, ElementsAre(2, 3));
  EXPECT_THAT(numbers(model, "a", 6), ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST(Gguf, HalvesAreConvertedExactly) {
  File file;
  file.header(2, 0).tensor("half", {8}, kF16, 0).tensor("brain", {2}, kBF16, 32).align();
  for (const uint16_t bits : {0x0000, 0x8000, 0x3c00, 0xc100, 0x7bff, 0x0001, 0x83ff, 0x7c00}) file.put(bits);
  file.align().put(uint16_t{0x3f80}).put(uint16_t{0xc0a0});
  const Gguf model = file.parse();
  EXPECT_THAT(numbers(model, "half", 8),
              ElementsAre(0.0F, -0.0F, 1.0F, -2.5F, 65504.0F, std::ldexp(1.0F, -24),
                          -std::ldexp(1023.0F, -24), std::numeric_limits<float>::infinity()));
  EXPECT_THAT(numbers(model, "brain", 2), ElementsAre(1.0F, -5.0F));
}

TEST(Gguf, Q8BlocksAreScaleTimesNumber) {
  File file;
  file.header(1, 0).tensor("q", {32, 2}, kQ8_0, 0).align();
  for (const uint16_t scale : {0x3800, 0xc000}) {  // 0.5, -2
    file.put(scale);
    for (int i = 0; i < 32; ++i) file.put(static_cast<int8_t>(i - 16));
  }
  const auto values = numbers(file.parse(), "q", 64);
  for (size_t i = 0; i < 32; ++i) {
    EXPECT_EQ(values[i], 0.5F * (static_cast<float>(i) - 16));
    EXPECT_EQ(values[32 + i], -2.0F * (static_cast<float>(i) - 16));
  }
}

TEST(Gguf, AMappedFileOfManyStretchesEqualsTheBytes) {
  const TemporaryFolder folder;
  constexpr size_t kCount = 3 * (1 << 20) + 7;
  File file;
  file.header(1, 0).tensor("a", {kCount}, kF32, 0).align();
  std::vector<float> expected(kCount);
  for (size_t i = 0; i < kCount; ++i) expected[i] = static_cast<float>(i * 2654435761U % 1000003);
  const auto begin = std::as_bytes(std::span(expected));
  file.bytes.insert(file.bytes.end(), begin.begin(), begin.end());
  write_atomically(folder.path() / "big.gguf", file.bytes);
  EXPECT_EQ(numbers(Gguf::read(folder.path() / "big.gguf"), "a", kCount), expected);
}

TEST(Gguf, TheAlignmentOfTheFileCounts) {
  File file;
  file.header(1, 1).text("general.alignment").put(uint32_t{4}).put(uint32_t{256});
  file.tensor("a", {1}, kF32, 0).align(256).put(3.0F);
  EXPECT_THAT(numbers(file.parse(), "a", 1), ElementsAre(3.0F));
}

TEST(Gguf, ATypeThatHeedDoesNotReadIsNamed) {
  File file;
  file.header(1, 0).tensor("blk.0.ffn_up.weight", {256}, kQ4_K, 0).align();
  const std::string message = file.refusal();
  EXPECT_THAT(message, HasSubstr("tensor 'blk.0.ffn_up.weight' has type Q4_K"));
  EXPECT_THAT(message, HasSubstr("F32, F16, BF16 and Q8_0"));
}

TEST(Gguf, RefusesWhatIsNotWhole) {
  EXPECT_THAT(File().put(uint32_t{7}).refusal(), HasSubstr("does not begin with GGUF"));
  EXPECT_THAT(File().header(0, 0, 1).refusal(), HasSubstr("version 1"));
  EXPECT_THAT(File().header(0, uint64_t{1} << 60).refusal(), HasSubstr("ends too early"));
  EXPECT_THAT(File().header(1, 0).tensor("a", {9}, kF32, 0).align().put(1.0F).refusal(),
              HasSubstr("tensor 'a' lies outside the file"));
  EXPECT_THAT(File().header(1, 0).tensor("a", {16}, kQ8_0, 0).align(64).refusal(),
              HasSubstr("a size that its type does not allow"));
  File twice;
  twice.header(0, 2);
  for (int i = 0; i < 2; ++i) twice.text("key").put(uint32_t{0}).put(uint8_t{1});
  EXPECT_THAT(twice.refusal(), HasSubstr("'key' is given twice"));
  File nested;
  nested.header(0, 1).text("key").put(uint32_t{9}).put(uint32_t{9}).put(uint64_t{1});
  EXPECT_THAT(nested.refusal(), HasSubstr("an array of elements of type 9"));
}

}  // namespace
}  // namespace heed
