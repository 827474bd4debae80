// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/subword_model_check.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "heed/core/error.h"
#include "heed/data/text/character_map_check.h"
#include "heed/data/text/utf8.h"
#include "heed/data/text/wire_reader.h"

namespace heed::text {
namespace {

using Bounds = SubwordModelBounds;
using Type = WireReader::Type;

// Field numbers of SentencePiece's ModelProto and its nested messages.
namespace model {
constexpr uint32_t kPiece = 1, kTrainer = 2, kNormaliser = 3, kSelfTest = 4, kDenormaliser = 5;
}
namespace piece {
constexpr uint32_t kText = 1, kScore = 2, kKind = 3;
constexpr int32_t kUserDefined = 4;
}  // namespace piece
namespace trainer {
constexpr uint32_t kUnknownSurface = 44;
}
namespace normaliser {
constexpr uint32_t kCharacterMap = 2;
}

bool is_utf8(std::string_view text) {
  return well_formed_prefix(text) == text.size();
}

class ModelCheck {
 public:
  explicit ModelCheck(const std::string& place) : place_(place) {}

  std::string run(std::string_view bytes) {
    WireReader fields(bytes, 0, place_);
    std::string kept;
    while (fields.next()) {
      if (fields.number() == model::kSelfTest) continue;
      check_field(fields);
      kept += fields.whole();
    }
    if (pieces_ == 0) throw Error(ErrorKind::kData, "not a SentencePiece model: it has no pieces", place_);
    check_user_symbols();
    return kept;
  }

 private:
  void check_field(const WireReader& field) {
    if (field.is(model::kPiece, Type::kBytes)) check_piece(field);
    if (field.is(model::kTrainer, Type::kBytes)) check_trainer(field);
    if (field.is(model::kNormaliser, Type::kBytes) || field.is(model::kDenormaliser, Type::kBytes))
      check_normaliser(field);
  }

  void check_piece(const WireReader& outer) {
    if (++pieces_ > Bounds::kPieces) outer.fail("more than " + std::to_string(Bounds::kPieces) + " pieces");
    WireReader fields(outer.bytes(), outer.bytes_start(), place_);
    std::string_view text;
    int32_t kind = 0;
    while (fields.next()) {
      if (fields.is(piece::kText, Type::kBytes)) {
        text = fields.bytes();
        check_text(fields, text);
      }
      if (fields.is(piece::kScore, Type::kFixed32)) check_score(fields);
      if (fields.is(piece::kKind, Type::kVarint)) kind = static_cast<int32_t>(fields.value());
    }
    if (kind == piece::kUserDefined) user_symbols_.push_back(text);
  }

  static void check_text(const WireReader& field, std::string_view text) {
    if (text.empty() || text.size() > Bounds::kPieceBytes)
      field.fail("a piece of " + std::to_string(text.size()) + " bytes");
    if (!is_utf8(text) || text.find('\0') != std::string_view::npos)
      field.fail("a piece that is not valid text");
  }

  static void check_score(const WireReader& field) {
    constexpr float kLargest = 1e7F;  // keeps sums of scores finite
    const auto score = std::bit_cast<float>(static_cast<uint32_t>(field.value()));
    if (!(std::fabs(score) <= kLargest)) field.fail("a piece whose score is not a number within +-1e7");
  }

  void check_trainer(const WireReader& outer) {
    settings_bytes_ += outer.bytes().size();
    if (settings_bytes_ > Bounds::kSettingsBytes) outer.fail("training settings that are too long");
    WireReader fields(outer.bytes(), outer.bytes_start(), place_);
    while (fields.next()) {
      if (fields.is(trainer::kUnknownSurface, Type::kBytes) && !is_utf8(fields.bytes()))
        fields.fail("text for unknown pieces that is not valid UTF-8");
    }
  }

  void check_normaliser(const WireReader& outer) {
    WireReader fields(outer.bytes(), outer.bytes_start(), place_);
    while (fields.next()) {
      if (!fields.is(normaliser::kCharacterMap, Type::kBytes)) continue;
      const auto wrong = character_map_fault(fields.bytes());
      if (!wrong.empty()) fields.fail("damaged normalisation rules: " + wrong);
    }
  }

  // In sorted order, the prefixes of a symbol precede it: a stack keeps the current ones.
  void check_user_symbols() {
    std::sort(user_symbols_.begin(), user_symbols_.end());
    std::vector<std::string_view> nested;
    for (const auto symbol : user_symbols_) {
      while (!nested.empty() && !symbol.starts_with(nested.back())) nested.pop_back();
      nested.push_back(symbol);
      if (nested.size() > static_cast<size_t>(Bounds::kNestedMatches))
        throw Error(ErrorKind::kData, "too many user symbols that are prefixes of each other", place_);
    }
  }

  const std::string& place_;
  size_t pieces_ = 0, settings_bytes_ = 0;
  std::vector<std::string_view> user_symbols_;
};

}  // namespace

std::string checked_subword_model(std::string_view model, const std::string& place) {
  if (model.size() > Bounds::kModelBytes)
    throw Error(ErrorKind::kData, "a model of " + std::to_string(model.size()) + " bytes is too large",
                place);
  return ModelCheck(place).run(model);
}

}  // namespace heed::text
