// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace heed::text {

/// Bounds of a SentencePiece model that is read.
struct SubwordModelBounds {
  static constexpr size_t kModelBytes = size_t{1} << 26;
  static constexpr size_t kPieces = size_t{1} << 20;
  static constexpr size_t kPieceBytes = 1024;                ///< the library recurses over them
  static constexpr size_t kSettingsBytes = size_t{1} << 20;  ///< of the training's settings
  static constexpr size_t kCharacterMapBytes = size_t{1} << 22;
  static constexpr int kNestedMatches = 32;  ///< rules, or user symbols, that begin with each other
};

/// Looks through a serialised SentencePiece model before the library does. The library trusts what it reads:
/// damaged normalisation tables, for one, lead it outside its memory. Checked here are the protobuf structure
/// and that pieces are UTF-8 of bounded length and score, that the table of character rules stays inside
/// itself, and that no more rules nest than the library has room for.
///
/// Returns the model to load: the same without self-test samples, which say nothing about the vocabulary.
/// Throws Error(kData) with the byte.
std::string checked_subword_model(std::string_view model, const std::string& place);

}  // namespace heed::text
