// SPDX-License-Identifier: Apache-2.0
#include "heed/training/event_file.h"

#include <atomic>
#include <chrono>
#include <cstring>
#include <span>
#include <string_view>

#include <unistd.h>

#include "heed/core/crc32c.h"
#include "heed/core/error.h"

namespace heed::training {
namespace {

/// Wire types of protobuf that events use.
enum class Wire : uint64_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

void append_varint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(0x80 | (value & 0x7F)));
  out.push_back(static_cast<char>(value));
}
void append_tag(std::string& out, uint64_t field, Wire wire) {
  append_varint(out, field << 3 | static_cast<uint64_t>(wire));
}
template <class T>
void append_raw(std::string& out, T value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof value);
}
void append_bytes(std::string& out, uint64_t field, std::string_view bytes) {
  append_tag(out, field, Wire::kBytes);
  append_varint(out, bytes.size());
  out.append(bytes);
}

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// event.proto:
///   Event { double wall_time = 1; int64 step = 2;
///           oneof { string file_version = 3; Summary summary = 5; SessionLog session_log = 7; } }
std::string event(int64_t step, uint64_t field, std::string_view content) {
  std::string out;
  append_tag(out, 1, Wire::kFixed64);
  append_raw(out, now_seconds());
  append_tag(out, 2, Wire::kVarint);
  append_varint(out, static_cast<uint64_t>(step));
  append_bytes(out, field, content);
  return out;
}

/// summary.proto:
///   Summary { repeated Value value = 1; }
///   Value { string tag = 1; float simple_value = 2; }
std::string summary(const Scalars& scalars) {
  std::string out;
  for (const auto& [name, number] : scalars) {
    std::string value;
    append_bytes(value, 1, name);
    append_tag(value, 2, Wire::kFixed32);
    append_raw(value, static_cast<float>(number));
    append_bytes(out, 1, value);
  }
  return out;
}

std::string file_name() {
  static std::atomic<int> number{0};
  char host[256] = "localhost";
  ::gethostname(host, sizeof host - 1);
  return "events.out.tfevents." + std::to_string(static_cast<int64_t>(now_seconds())) + "." + host + "." +
         std::to_string(::getpid()) + "." + std::to_string(number++);
}

constexpr uint64_t kFileVersion = 3, kSummary = 5, kSessionLog = 7;
constexpr std::string_view kSessionStart("\x08\x01", 2);  // SessionLog { status: START }

}  // namespace

EventFile::EventFile(const std::filesystem::path& folder, int64_t step) : path_(folder / file_name()) {
  out_.open(path_, std::ios::binary | std::ios::trunc);
  if (!out_)
    throw Error(ErrorKind::kSystem, std::string("cannot open: ") + std::strerror(errno), path_.string());
  write_record(event(0, kFileVersion, "brain.Event:2"));
  if (step > 0) write_record(event(step + 1, kSessionLog, kSessionStart));
}

void EventFile::write(int64_t step, const Scalars& scalars) {
  write_record(event(step, kSummary, summary(scalars)));
}

void EventFile::write_record(const std::string& event) {
  std::string length, record;
  append_raw(length, static_cast<uint64_t>(event.size()));
  record = length;
  append_raw(record, masked_crc32c(std::as_bytes(std::span(length))));
  record += event;
  append_raw(record, masked_crc32c(std::as_bytes(std::span(event))));
  out_.write(record.data(), static_cast<std::streamsize>(record.size()));
  out_.flush();
  if (!out_)
    throw Error(ErrorKind::kSystem, std::string("cannot write: ") + std::strerror(errno), path_.string());
}

}  // namespace heed::training
