// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "heed/data/image/image.h"
#include "heed/data/sphere/point.h"
#include "heed/data/sphere/rotation.h"

namespace heed::sphere {

/// How a value is read from between the pixels.
enum class Sampling {
  /// As s2cnn does it, for comparison with published numbers: the four pixels diagonally next to the pixel, without
  /// the pixel itself, by weights that sum to 4; and the pole opposite the image, to a thousandth of a radian, shows
  /// its centre.
  kS2cnn,
  /// Bilinear between the centres of the four nearest pixels; 0 beyond the image, also at the opposite pole.
  kBilinear,
  /// A mean of bilinear values around the point, by a Gaussian with a standard deviation of half the spacing of the
  /// points, sqrt(4 pi / points): no line of the image falls between the points, and an image that is turned gives
  /// nearly the same signal.
  kArea
};

/// Projects a planar image onto points, as s2cnn's gendata.py does (Cohen et al. 2018, Spherical CNNs,
/// arXiv:1801.10130).
///
/// The sphere stands on the plane at its south pole, under which lies the centre of the image. A ray from (0, 0,
/// 2.001), just above the north pole, leads through a point to the plane, where the image covers -1.5 to 1.5 in both
/// directions: rows along x, columns along y. Thus it covers the sphere to 74 to 93 degrees from the south pole.
/// s2cnn has a mask for the southern hemisphere; it is true everywhere, and so is not here.
///
/// image     8-bit, one or more channels
/// points    the grid; a rotation is applied to the grid, not to the image
/// returns   [points, channels]: the least value becomes 0 and the largest 255, over all points and channels, rounded
///           down; all 0 where they are equal
///
/// s2cnn's data shares one rotation among 500 images in a row; random_rotation(seed, i / 500) has the same effect.
std::vector<uint8_t> project_image(const image::Image& image, std::span<const Point> points,
                                   const Rotation& rotation = kNoRotation,
                                   Sampling sampling = Sampling::kS2cnn);

}  // namespace heed::sphere
