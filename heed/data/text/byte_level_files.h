// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "heed/data/text/byte_level_model.h"

namespace heed::text {

/// Reads a `tokenizer.json` of Hugging Face's tokenizers, merges as pairs (["Ġ", "t"]) or as texts ("Ġ t").
///
/// Refuses by name what would yield other ids than heed's: normalizers, pre-tokenizers other than ByteLevel with
/// its own expression and without add_prefix_space, models other than BPE, dropout, ignore_merges, byte_fallback,
/// prefixes and suffixes of words, and added tokens with single_word, lstrip or rstrip. Passes over truncation,
/// padding and the post-processor, which change a list of ids afterwards, and over the unknown token, which
/// cannot occur.
///
/// Throws Error(kData) with the byte, or with the place in the file. Memory is at most 30 times the file.
ByteLevelParts parse_tokenizer_json(std::string_view json, const std::string& place);

/// Reads `vocab.json` and `merges.txt`, as GPT-2 was published. The first line of merges is skipped if it begins
/// with "#version". These files do not say what is special: a token in angle or square brackets that is neither a
/// byte nor made by a merge counts as special. `added` is `added_tokens.json`, or empty; its other tokens are
/// found in every text.
ByteLevelParts parse_vocabulary_and_merges(std::string_view vocabulary, std::string_view merges,
                                           std::string_view added, const std::filesystem::path& folder);

/// Reads a `tokenizer.json`, either file of a pair (`vocab.json` and `merges.txt`, or `encoder.json` and
/// `vocab.bpe`, OpenAI's names), or a folder: its `tokenizer.json`, else a pair. Throws Error(kData).
ByteLevelParts read_byte_level(const std::filesystem::path& path);

std::string tokenizer_json(const ByteLevelParts& parts);
/// Writes `tokenizer.json`, `vocab.json`, `merges.txt`, `tokenizer_config.json` and, if need be, `added_tokens.json`
/// into a folder, which is made if it is absent, so that tokenizers and transformers load them.
void write_byte_level(const std::filesystem::path& folder, const ByteLevelParts& parts);

}  // namespace heed::text
