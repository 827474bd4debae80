// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>

namespace heed::rendering {

/// A WAV file of 16-bit stereo samples, written as they come. It grows beside `path` and takes its name in
/// `finish`; without `finish` nothing is left of it and `path` holds what it held before.
///
/// Throws Error(kSystem) when the disk refuses, Error(kData) for more frames than a WAV file's 32-bit sizes
/// can say.
class WavWriter {
 public:
  WavWriter(const std::filesystem::path& path, int sample_rate, uint64_t frames);
  ~WavWriter();
  WavWriter(const WavWriter&) = delete;
  WavWriter& operator=(const WavWriter&) = delete;

  /// Left and right in turn. All writes together hold the frames announced.
  void write(std::span<const int16_t> samples);
  void finish();

 private:
  [[noreturn]] void fail(const char* action) const;

  std::filesystem::path path_, aside_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

/// The most frames that one file can hold.
inline constexpr uint64_t kMaxWavFrames = (uint64_t{0xFFFFFFFF} - 36) / 4;

}  // namespace heed::rendering
