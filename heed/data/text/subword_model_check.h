// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace heed::text {

/// Limits for a SentencePiece model.
struct SubwordModelBounds {
  static constexpr size_t kModelBytes = size_t{1} << 26;
  static constexpr size_t kPieces = size_t{1} << 20;
  static constexpr size_t kPieceBytes = 1024;  ///< the library recurses over the bytes of a piece
  static constexpr size_t kSettingsBytes = size_t{1} << 20;  ///< total of the training settings
  static constexpr size_t kCharacterMapBytes = size_t{1} << 22;
  static constexpr int kNestedMatches = 32;  ///< rules, or user symbols, that are prefixes of each other
};

/// Checks a serialised SentencePiece model before the library loads it. The library trusts its input: damaged
/// normalisation tables, for example, make it access memory out of bounds. This checks the protobuf
/// structure; that pieces are UTF-8 with bounded length and score; that the table of character rules is
/// closed; and that rules do not nest deeper than the library supports.
///
/// Returns the model to load: the same without self-test samples, which do not affect the vocabulary. Throws
/// Error(kData) with the byte.
std::string checked_subword_model(std::string_view model, const std::string& place);

}  // namespace heed::text
