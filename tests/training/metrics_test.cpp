// SPDX-License-Identifier: Apache-2.0
#include "heed/training/metrics.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <span>

#include "tests/core/expect_error.h"
#include "toy_objective.h"
#include <gtest/gtest.h>
#include <unistd.h>

#include "heed/core/crc32c.h"
#include "heed/core/error.h"
#include "heed/core/files.h"

namespace heed::training {
namespace {
namespace fs = std::filesystem;

/// Reads the fields of a protobuf message: field number and either the bytes or the number.
struct ProtoField {
  uint64_t number = 0, value = 0;
  std::string bytes;
};
uint64_t read_varint(const std::string& text, size_t& at) {
  uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = static_cast<uint8_t>(text.at(at++));
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
}
std::vector<ProtoField> parse_message(const std::string& text) {
  std::vector<ProtoField> fields;
  for (size_t at = 0; at < text.size();) {
    const uint64_t tag = read_varint(text, at);
    ProtoField field{tag >> 3, 0, ""};
    const size_t fixed = (tag & 7) == 1 ? 8 : (tag & 7) == 5 ? 4 : 0;
    if (fixed) {
      std::memcpy(&field.value, text.data() + at, fixed);
      at += fixed;
    } else if ((tag & 7) == 2) {
      const size_t length = read_varint(text, at);
      field.bytes = text.substr(at, length);
      at += length;
    } else {
      field.value = read_varint(text, at);
    }
    fields.push_back(field);
  }
  return fields;
}

/// Returns the messages of a TFRecord file after verifying every checksum.
std::vector<std::string> read_records(const fs::path& file) {
  const std::string text = read_text(file);
  std::vector<std::string> records;
  for (size_t at = 0; at < text.size();) {
    uint64_t length = 0;
    uint32_t length_crc = 0, data_crc = 0;
    std::memcpy(&length, text.data() + at, 8);
    std::memcpy(&length_crc, text.data() + at + 8, 4);
    EXPECT_EQ(masked_crc32c(std::as_bytes(std::span(text).subspan(at, 8))), length_crc);
    records.push_back(text.substr(at + 12, length));
    std::memcpy(&data_crc, text.data() + at + 12 + length, 4);
    EXPECT_EQ(masked_crc32c(std::as_bytes(std::span(records.back()))), data_crc);
    at += 16 + length;
  }
  return records;
}

TEST(EventFile, ParsesBackToTheScalarsWritten) {
  const TemporaryFolder folder;
  EventFile file(folder.path(), 0);
  file.write(300, {{"train/loss", 1.5}, {"valid/nll", -0.25}});
  const auto records = read_records(file.path());
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(parse_message(records[0]).at(2).bytes, "brain.Event:2");
  const auto event = parse_message(records[1]);
  EXPECT_EQ(event.at(1).number, 2u);
  EXPECT_EQ(event.at(1).value, 300u);
  const auto values = parse_message(event.at(2).bytes);
  ASSERT_EQ(values.size(), 2u);
  const auto value = parse_message(values[1].bytes);
  EXPECT_EQ(value.at(0).bytes, "valid/nll");
  float number = 0;
  std::memcpy(&number, &value.at(1).value, sizeof number);
  EXPECT_EQ(number, -0.25f);
}

TEST(EventFile, TensorBoardReadsItAndForgetsRepeatedSteps) {
  const char* chosen = std::getenv("HEED_TENSORBOARD_PYTHON");
  const std::string python = chosen ? chosen : HEED_SOURCE_DIR "/.venv/bin/python";
  if (std::system((python + " -c 'import tensorboard' 2>/dev/null").c_str()) != 0) {
    GTEST_SKIP() << "no tensorboard for " << python << "; HEED_TENSORBOARD_PYTHON names another Python";
  }
  const TemporaryFolder folder;
  EventFile first(folder.path(), 0);
  for (const int64_t step : {10, 20, 30}) first.write(step, {{"train/loss", 1.0}});
  ::sleep(1);  // TensorBoard orders files by the second in their names
  EventFile second(folder.path(), 10);
  second.write(20, {{"train/loss", 2.0}});
  const std::string script =
      "from tensorboard.backend.event_processing.event_accumulator import EventAccumulator as E\n"
      "import sys\n"
      "e = E(sys.argv[1]); e.Reload()\n"
      "got = [(s.step, s.value) for s in e.Scalars('train/loss')]\n"
      "print(got); sys.exit(got != [(10, 1.0), (20, 2.0)])\n";
  write_atomically(folder / "read.py", script);
  EXPECT_EQ(
      std::system((python + " " + (folder / "read.py").string() + " " + folder.path().string()).c_str()), 0);
}

TEST(Metrics, ResumingKeepsWhatTheCheckpointKnew) {
  const TemporaryFolder folder;
  uint64_t known = 0;
  {
    Metrics metrics(folder.path(), 0, 0);
    metrics.write(10, {{"train/loss", 0.1}, {"train/gradient_norm", std::nan("")}});
    known = metrics.sync();
    metrics.write(20, {{"train/loss", 7}});
  }
  Metrics resumed(folder.path(), 10, known);
  resumed.write(20, {{"train/loss", 0.2}});
  EXPECT_EQ(
      read_text(folder / "metrics.jsonl"),
      "{\"step\":10,\"train/loss\":0.1,\"train/gradient_norm\":null}\n{\"step\":20,\"train/loss\":0.2}\n");
}

TEST(Metrics, AFolderThatIsNotThereIsASystemError) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of(ErrorKind::kSystem, [&] { Metrics(folder / "nowhere", 0, 0); }),
              ::testing::HasSubstr("nowhere/metrics.jsonl: cannot open: No such file"));
}

}  // namespace
}  // namespace heed::training
