// SPDX-License-Identifier: Apache-2.0
#include "heed/core/safetensors.h"

#include <cstring>
#include <random>

#include "expect_error.h"
#include "temporary_folder.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/core/files.h"

namespace heed {
namespace {
using testing::HasSubstr;

std::vector<std::byte> bytes_of(const std::string& text) {
  std::vector<std::byte> bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

/// Makes a file with any header, followed by `data_bytes` zeros.
std::vector<std::byte> file_with(const std::string& header, size_t data_bytes = 0) {
  std::string file(8, '\0');
  const uint64_t size = header.size();
  std::memcpy(file.data(), &size, 8);
  return bytes_of(file + header + std::string(data_bytes, '\0'));
}

std::string refusal(std::vector<std::byte> file) {
  const std::string message =
      error_of(ErrorKind::kCheckpoint, [&] { Safetensors::parse(std::move(file), "weights.safetensors"); });
  EXPECT_THAT(message, HasSubstr("weights.safetensors"));
  return message;
}

std::string entry(const std::string& shape, const std::string& offsets, const std::string& dtype = "F32") {
  return R"({"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

TEST(Safetensors, EveryDtypeReadsBackEqual) {
  std::map<std::string, TensorView> tensors;
  std::vector<std::vector<std::byte>> storage;
  storage.reserve(10);
  std::mt19937 random(7);
  for (int i = 0; i <= static_cast<int>(Dtype::kF64); ++i) {
    const auto dtype = static_cast<Dtype>(i);
    auto& bytes = storage.emplace_back(3 * 5 * dtype_size(dtype));
    for (auto& byte : bytes) byte = static_cast<std::byte>(random());
    tensors[dtype_name(dtype)] = {dtype, {3, 5}, bytes};
  }
  tensors["empty"] = {Dtype::kF32, {0, 4}, {}};
  const std::vector<std::byte> scalar(4);
  tensors["scalar"] = {Dtype::kF32, {}, scalar};
  const std::map<std::string, std::string> metadata{{"format", "pt"}, {"note", "ü \"quoted\"\n"}};

  const auto file = Safetensors::parse(format_safetensors(tensors, metadata), "memory");
  EXPECT_EQ(file.metadata(), metadata);
  ASSERT_EQ(file.tensors().size(), tensors.size());
  for (const auto& [name, view] : tensors) {
    const TensorView& read = file.at(name);
    EXPECT_EQ(read.dtype, view.dtype) << name;
    EXPECT_EQ(read.shape, view.shape) << name;
    EXPECT_TRUE(std::equal(read.bytes.begin(), read.bytes.end(), view.bytes.begin(), view.bytes.end()))
        << name;
  }
}

TEST(Safetensors, MovedAndCopiedFilesKeepTheirBytes) {
  const std::vector<std::byte> bytes{std::byte{1}, std::byte{2}};
  auto first = std::make_unique<Safetensors>(
      Safetensors::parse(format_safetensors({{"x", {Dtype::kU8, {2}, bytes}}}), "memory"));
  const Safetensors copy = *first;
  const Safetensors moved = std::move(*first);
  first.reset();
  EXPECT_EQ(moved.at("x").bytes[1], std::byte{2});
  EXPECT_EQ(copy.at("x").bytes[1], std::byte{2});
}

TEST(Safetensors, TheSameTensorsGiveTheSameBytesAndAnAlignedHeader) {
  const std::vector<std::byte> bytes(12);
  const std::map<std::string, TensorView> tensors{{"b", {Dtype::kI32, {3}, bytes}},
                                                  {"a", {Dtype::kU8, {12}, bytes}}};
  const auto file = format_safetensors(tensors);
  EXPECT_EQ(file, format_safetensors(tensors));
  uint64_t header = 0;
  std::memcpy(&header, file.data(), 8);
  EXPECT_EQ(header % 8, 0u);
}

TEST(Safetensors, ReadsFromAFileAndNamesAnAbsentTensor) {
  const TemporaryFolder folder;
  const int32_t values[2] = {-1, 7};
  write_atomically(folder / "w.safetensors",
                   format_safetensors({{"i", {Dtype::kI32, {2}, std::as_bytes(std::span(values))}}}));
  const auto file = Safetensors::read(folder / "w.safetensors");
  EXPECT_EQ(file.integers("i"), (std::vector<int64_t>{-1, 7}));
  EXPECT_THAT(error_of(ErrorKind::kCheckpoint, [&] { file.at("j"); }), HasSubstr("holds no tensor 'j'"));
  EXPECT_THAT(error_of(ErrorKind::kCheckpoint, [&] { Safetensors::read(folder / "none"); }),
              HasSubstr("No such file"));
}

TEST(Safetensors, WritingPieceByPieceGivesTheSameBytes) {
  const TemporaryFolder folder;
  const std::vector<std::byte> bytes(12, std::byte{7});
  const std::map<std::string, TensorView> tensors{
      {"a", {Dtype::kU8, {12}, bytes}}, {"b", {Dtype::kF32, {0}, {}}}, {"c", {Dtype::kI32, {3}, bytes}}};
  write_safetensors(folder / "w.safetensors", tensors, {{"k", "v"}});
  EXPECT_EQ(read_bytes(folder / "w.safetensors"), format_safetensors(tensors, {{"k", "v"}}));
}

TEST(Safetensors, CopiesOfAFileOutliveIt) {
  const TemporaryFolder folder;
  const std::vector<std::byte> bytes(12, std::byte{7});
  write_safetensors(folder / "w.safetensors", {{"a", {Dtype::kU8, {12}, bytes}}});
  Safetensors copy;
  {
    const auto file = Safetensors::read(folder / "w.safetensors");
    copy = file;
  }
  std::filesystem::remove(folder / "w.safetensors");
  EXPECT_EQ(copy.at("a").bytes.back(), std::byte{7});
}

TEST(Safetensors, IntegersRefusesOtherDtypes) {
  const std::vector<std::byte> bytes(8);
  const auto file = Safetensors::parse(format_safetensors({{"x", {Dtype::kF64, {1}, bytes}}}), "memory");
  EXPECT_THAT(error_of(ErrorKind::kCheckpoint, [&] { file.integers("x"); }), HasSubstr("I32 or I64"));
}

TEST(Safetensors, EveryTruncationIsRefused) {
  const std::vector<std::byte> data(16);
  const auto whole = format_safetensors({{"x", {Dtype::kF32, {4}, data}}});
  for (size_t size = 0; size < whole.size(); ++size) {
    refusal(std::vector<std::byte>(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
  }
}

TEST(Safetensors, ALyingHeaderLengthIsRefused) {
  for (const uint64_t lie : {uint64_t{3}, uint64_t{200'000'000}, ~uint64_t{0}, ~uint64_t{0} - 7}) {
    auto file = file_with("{}");
    std::memcpy(file.data(), &lie, 8);
    EXPECT_THAT(refusal(file), HasSubstr("header claims"));
  }
}

TEST(Safetensors, OverlappingTensorsAreRefused) {
  EXPECT_THAT(
      refusal(file_with("{\"a\":" + entry("[2]", "[0,8]") + ",\"b\":" + entry("[2]", "[4,12]") + "}", 12)),
      HasSubstr("overlap"));
  EXPECT_THAT(
      refusal(file_with("{\"a\":" + entry("[2]", "[0,8]") + ",\"b\":" + entry("[2]", "[0,8]") + "}", 8)),
      HasSubstr("overlap"));
}

TEST(Safetensors, OffsetsOutsideTheFileAreRefused) {
  EXPECT_THAT(refusal(file_with("{\"a\":" + entry("[2]", "[0,8]") + "}", 7)), HasSubstr("outside the file"));
  EXPECT_THAT(refusal(file_with("{\"a\":" + entry("[2]", "[8,0]") + "}", 8)), HasSubstr("outside the file"));
  EXPECT_THAT(
      refusal(file_with("{\"a\":" + entry("[2]", "[18446744073709551608,18446744073709551615]") + "}", 8)),
      HasSubstr("outside the file"));
}

TEST(Safetensors, ShapesThatDisagreeOrOverflowAreRefused) {
  EXPECT_THAT(refusal(file_with("{\"a\":" + entry("[3]", "[0,8]") + "}", 8)), HasSubstr("disagree"));
  EXPECT_THAT(refusal(file_with("{\"a\":" + entry("[4294967296,4294967296]", "[0,0]") + "}")),
              HasSubstr("64 bits"));
  EXPECT_THAT(refusal(file_with("{\"a\":" + entry("[4611686018427387904,4]", "[0,0]") + "}")),
              HasSubstr("64 bits"));
  EXPECT_THAT(refusal(file_with("{\"a\":" + entry("[0,9223372036854775808]", "[0,0]") + "}")),
              HasSubstr("64 bits"));
  EXPECT_THAT(refusal(file_with("{\"a\":" + entry("[-1]", "[0,0]") + "}")), HasSubstr("no whole number"));
  EXPECT_THAT(refusal(file_with("{\"a\":" + entry("[1.5]", "[0,4]") + "}", 4)), HasSubstr("no whole number"));
}

TEST(Safetensors, AZeroInTheShapeCannotHideAProductThatOverflows) {
  // Elements are counted by products of the shape elsewhere: the product must fit in any order.
  EXPECT_THAT(
      refusal(file_with("{\"a\":" + entry("[0,4611686018427387904,4611686018427387904]", "[0,0]") + "}")),
      HasSubstr("64 bits"));
}

TEST(Safetensors, HeadersOfAnotherFormAreRefused) {
  for (const char* header : {"", "[]", "7", "null", "{", "{\"a\":1}", "{\"a\":{}}", "not json", "{\"a\":[]}",
                             R"({"__metadata__":[]})", R"({"__metadata__":{"a":1}})", "{}x", "\xff\xfe",
                             R"({"a":{"dtype":"F32","shape":{},"data_offsets":[0,0]}})",
                             R"({"a":{"dtype":"F32","shape":[],"data_offsets":[0]}})",
                             R"({"a":{"dtype":3,"shape":[],"data_offsets":[0,4]}})",
                             R"({"a":{"dtype":"F31","shape":[],"data_offsets":[0,4]}})"}) {
    SCOPED_TRACE(header);
    refusal(file_with(header, 4));
  }
}

TEST(Safetensors, ANameGivenTwiceIsRefused) {
  EXPECT_THAT(
      refusal(file_with("{\"a\":" + entry("[1]", "[0,4]") + ",\"a\":" + entry("[1]", "[4,8]") + "}", 8)),
      HasSubstr("twice"));
  EXPECT_THAT(refusal(file_with("{\"a\":" + entry("[1]", "[0,4]").insert(1, R"("shape":[2],)") + "}", 8)),
              HasSubstr("twice"));
}

TEST(Safetensors, DeepNestingIsRefusedWithoutDeepRecursion) {
  for (const std::string open : {"[", "{\"a\":"}) {
    std::string header = "{\"x\":";
    for (int i = 0; i < 100'000; ++i) header += open;
    refusal(file_with(header));
  }
}

TEST(Safetensors, RandomDamageNeverEscapesTheOneError) {
  const std::vector<std::byte> data(64);
  const auto whole = format_safetensors({{"layer.weight", {Dtype::kF32, {4, 2}, std::span(data).first(32)}},
                                         {"layer.bias", {Dtype::kI64, {4}, std::span(data).last(32)}}},
                                        {{"k", "v"}});
  std::mt19937 random(11);
  for (int round = 0; round < 5000; ++round) {
    auto file = whole;
    for (int hits = 0; hits < 3; ++hits)
      file[random() % 220 % file.size()] = static_cast<std::byte>(random());
    try {
      const auto read = Safetensors::parse(file, "weights.safetensors");
      for (const auto& [name, view] : read.tensors()) ASSERT_LE(view.bytes.size(), data.size());
    } catch (const Error& error) {
      ASSERT_EQ(error.kind(), ErrorKind::kCheckpoint);
    }
  }
}

}  // namespace
}  // namespace heed
