// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>

namespace heed::rendering {

/// A WAV file of 16-bit stereo samples, written incrementally. It grows beside `path` and is renamed in
/// `finish`; without `finish` nothing is left of it and `path` stays unchanged.
///
/// Throws Error(kSystem) if the disk fails, Error(kData) for more frames than a WAV file's 32-bit sizes
/// allow.
class WavWriter {
 public:
  WavWriter(const std::filesystem::path& path, int sample_rate, uint64_t frames);
  ~WavWriter();
  WavWriter(const WavWriter&) = delete;
  WavWriter& operator=(const WavWriter&) = delete;

  /// Writes samples, left and right alternating. All writes together must have the announced number of
  /// frames.
  void write(std::span<const int16_t> samples);
  void finish();

 private:
  [[noreturn]] void fail(const char* action) const;

  std::filesystem::path path_, aside_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

/// Maximum number of frames in a file.
inline constexpr uint64_t kMaxWavFrames = (uint64_t{0xFFFFFFFF} - 36) / 4;

}  // namespace heed::rendering
