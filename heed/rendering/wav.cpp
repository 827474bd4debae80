// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/wav.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include <unistd.h>

#include "heed/core/error.h"

namespace heed::rendering {
namespace {

constexpr uint32_t kChannels = 2, kBytesPerFrame = 4, kHeaderBytes = 44;

std::array<unsigned char, kHeaderBytes> make_header(uint32_t sample_rate, uint32_t data_bytes) {
  std::array<unsigned char, kHeaderBytes> header{};
  size_t at = 0;
  const auto tag = [&](const char* name) { std::memcpy(&header[at], name, 4), at += 4; };
  const auto number = [&](uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) header[at++] = static_cast<unsigned char>(value >> 8 * i);
  };
  tag("RIFF"), number(data_bytes + kHeaderBytes - 8, 4), tag("WAVE");
  tag("fmt "), number(16, 4), number(1, 2), number(kChannels, 2);  // 1: PCM
  number(sample_rate, 4), number(sample_rate * kBytesPerFrame, 4), number(kBytesPerFrame, 2), number(16, 2);
  tag("data"), number(data_bytes, 4);
  return header;
}

}  // namespace

WavWriter::WavWriter(const std::filesystem::path& path, int sample_rate, uint64_t frames)
    : path_(path), aside_(path), file_(nullptr, std::fclose) {
  if (frames > kMaxWavFrames) {
    throw Error(ErrorKind::kData,
                "lasts " + std::to_string(frames / static_cast<uint64_t>(sample_rate)) +
                    " s, but a WAV file is limited to " +
                    std::to_string(kMaxWavFrames / static_cast<uint64_t>(sample_rate)) + " s at this rate",
                path.string());
  }
  aside_ += ".new-" + std::to_string(::getpid());
  file_.reset(std::fopen(aside_.c_str(), "wbe"));
  if (!file_) fail("cannot open");
  const auto header =
      make_header(static_cast<uint32_t>(sample_rate), static_cast<uint32_t>(frames * kBytesPerFrame));
  if (std::fwrite(header.data(), 1, header.size(), file_.get()) != header.size()) {
    ::unlink(aside_.c_str());
    fail("cannot write");
  }
}

WavWriter::~WavWriter() {
  if (file_) ::unlink(aside_.c_str());
}

void WavWriter::fail(const char* action) const {
  throw Error(ErrorKind::kSystem, std::string(action) + ": " + std::strerror(errno), path_.string());
}

void WavWriter::write(std::span<const int16_t> samples) {
  if (std::fwrite(samples.data(), sizeof(int16_t), samples.size(), file_.get()) != samples.size())
    fail("cannot write");
}

void WavWriter::finish() {
  if (std::fflush(file_.get()) != 0) fail("cannot write");
  if (::fsync(::fileno(file_.get())) != 0 && errno != EINVAL) fail("cannot sync to disk");
  if (::rename(aside_.c_str(), path_.c_str()) != 0) fail("cannot rename into place");
  file_.reset();
}

}  // namespace heed::rendering
