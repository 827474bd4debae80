// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "heed/core/safetensors.h"
#include "heed/data/sphere/signal_options.h"
#include "heed/data/sphere/signal_set.h"

namespace heed::sphere {

/// Signals as tensors of a safetensors file, N samples of C channels at P points:
///
/// points    [P, 3], vectors from the centre of the sphere; scaled to length 1
/// weights   [P], optional, shares of the area; scaled so that they sum to 1. Without them see point_weights.h
/// values    [N, P, C] or [N, P], U8 stays, other types become F32
/// label     [N], optional: whole numbers are classes, from 0, -1 where unknown; floats are a number to predict
/// targets   [N, T] or [N], optional floats: numbers to predict, NaN where unknown
/// split     [N], optional: 0 none, 1 train, 2 valid, 3 test
///
/// Metadata, optional, as JSON lists of texts: `channels` and `targets` name columns, `classes` what the labels mean
/// (else they are called "0", "1", ...), `samples` names the samples. `geometry` is written for people: a reader
/// recognises the points.
///
/// Throws Error(kData) with the file, the tensor and what is wrong. A file that is not packed is mapped.
SignalSet read_signal_tensors(const std::filesystem::path& path, const SignalReadOptions& options = {});
SignalSet read_signal_tensors(const Safetensors& file, const SignalReadOptions& options = {});
SignalSet parse_signal_tensors(std::vector<std::byte> file, const std::string& name,
                               const SignalReadOptions& options = {});

}  // namespace heed::sphere
