// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <cairo.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "heed/core/error.h"
#include "heed/rendering/canvas.h"

namespace heed::rendering {

/// A decoded PNG.
class Picture {
 public:
  explicit Picture(const std::filesystem::path& path)
      : surface_(cairo_image_surface_create_from_png(path.c_str()), cairo_surface_destroy) {
    EXPECT_EQ(cairo_surface_status(surface_.get()), CAIRO_STATUS_SUCCESS) << path;
  }
  int width() const { return cairo_image_surface_get_width(surface_.get()); }
  int height() const { return cairo_image_surface_get_height(surface_.get()); }
  Color at(int x, int y) const {
    const unsigned char* row = cairo_image_surface_get_data(surface_.get()) +
                               static_cast<ptrdiff_t>(y) * cairo_image_surface_get_stride(surface_.get());
    const uint32_t pixel = reinterpret_cast<const uint32_t*>(row)[x];
    const auto part = [&](int shift) { return (pixel >> shift & 0xFF) / 255.0; };
    return {part(16), part(8), part(0)};
  }
  bool near(int x, int y, Color color, double tolerance = 0.02) const {
    const Color there = at(x, y);
    return std::abs(there.red - color.red) < tolerance && std::abs(there.green - color.green) < tolerance &&
           std::abs(there.blue - color.blue) < tolerance;
  }
  /// Counts pixels of this colour with x in [left, right).
  int count(Color color, int left = 0, int right = 1 << 30) const {
    int pixels = 0;
    for (int y = 0; y < height(); ++y) {
      for (int x = left; x < std::min(right, width()); ++x) pixels += near(x, y, color) ? 1 : 0;
    }
    return pixels;
  }

 private:
  std::unique_ptr<cairo_surface_t, void (*)(cairo_surface_t*)> surface_;
};

/// A folder that is removed with the test.
class RenderingTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("heed-rendering-" + std::to_string(::getpid()) + "-" +
               testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path file(const std::string& name) const { return folder_ / name; }
  long files() const { return std::distance(std::filesystem::directory_iterator(folder_), {}); }
  static std::string bytes(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::filesystem::path folder_;
};

}  // namespace heed::rendering
