// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/translation/translation_inspection.h"

#include <numeric>
#include <span>

#include "heed/attention/attention.h"
#include "heed/core/error.h"
#include "heed/core/names.h"
#include "heed/nn/inference_scope.h"
#include "heed/rendering/attention_map.h"
#include "heed/rendering/text_arcs.h"

namespace heed::tasks {
namespace {

using nn::AttentionPart;

std::vector<std::string> pieces_of(const std::vector<int32_t>& tokens,
                                   const text::SubwordVocabulary& vocabulary) {
  std::vector<std::string> list;
  for (const int32_t token : tokens) list.push_back(vocabulary.piece(token));
  return list;
}

void check_choice(const nn::SequenceToSequenceModel& model, AttentionPart part,
                  const TranslationAttentionOptions& options) {
  const int64_t layers = model.attention_layers(part);
  if (options.layer >= 0 && options.layer < layers) return;
  throw Error(
      ErrorKind::kUsage,
      "the model has " + std::to_string(layers) + " layers of " + options.part + " attention, counted from 0",
      FieldName{"layer"});
}

std::vector<int64_t> chosen_heads(const std::vector<int64_t>& asked, int64_t heads) {
  std::vector<int64_t> list = asked;
  if (list.empty()) {
    list.resize(static_cast<size_t>(heads));
    std::iota(list.begin(), list.end(), 0);
  }
  for (const int64_t head : list) {
    if (head < 0 || head >= heads)
      throw Error(ErrorKind::kUsage, "the model has " + std::to_string(heads) + " heads, counted from 0",
                  FieldName{"heads"});
  }
  return list;
}

}  // namespace

AttentionPart parse_attention_part(const std::string& name) {
  if (name == "encoder") return AttentionPart::kEncoder;
  if (name == "decoder") return AttentionPart::kDecoder;
  if (name == "cross") return AttentionPart::kCross;
  throw Error(ErrorKind::kUsage, unknown_name_message("part", name, {"encoder", "decoder", "cross"}),
              FieldName{"part"});
}

PairLabels pair_labels(AttentionPart part, const EncodedPair& pair, const TranslationVocabulary& vocabulary) {
  auto source = pieces_of(pair.source, vocabulary.source), target = pieces_of(pair.target, vocabulary.target);
  source.push_back(vocabulary.source.piece(vocabulary.source.end()));
  if (part == AttentionPart::kEncoder) return {source, source};
  if (part == AttentionPart::kCross) {
    target.push_back(vocabulary.target.piece(vocabulary.target.end()));
    return {target, source};
  }
  target.insert(target.begin(), vocabulary.target.piece(vocabulary.target.begin()));
  return {target, target};
}

namespace {

std::vector<EncodedPair> encode_pair(const TranslationVocabulary& vocabulary, const std::string& source,
                                     const std::string& target) {
  std::vector<EncodedPair> pair{{vocabulary.source.encode(source), vocabulary.target.encode(target)}};
  if (pair.front().source.empty()) throw Error(ErrorKind::kUsage, "must contain a word", FieldName{"source"});
  return pair;
}

rendering::AttentionMapOptions map_options(AttentionPart part, PairLabels labels, const std::string& title) {
  rendering::AttentionMapOptions drawing;
  drawing.title = title;
  drawing.row_title = part == AttentionPart::kEncoder ? "source asks"
                      : part == AttentionPart::kCross ? "target, predicted"
                                                      : "target asks";
  drawing.key_title = part == AttentionPart::kDecoder ? "target" : "source";
  drawing.row_labels = std::move(labels.rows);
  drawing.key_labels = std::move(labels.keys);
  return drawing;
}

/// A map for each head; weights [heads, rows, keys] float32 on the CPU must outlive them.
std::vector<rendering::AttentionMap> maps_of(const at::Tensor& weights, const std::vector<int64_t>& heads) {
  std::vector<rendering::AttentionMap> maps;
  const int64_t cells = weights.size(1) * weights.size(2);
  for (size_t i = 0; i < heads.size(); ++i) {
    const float* data = weights.const_data_ptr<float>() + static_cast<int64_t>(i) * cells;
    maps.push_back({"head " + std::to_string(heads[i]), weights.size(1), weights.size(2),
                    std::span(data, static_cast<size_t>(cells))});
  }
  return maps;
}

/// The pieces without SentencePiece's mark of a word's beginning, unless that is all.
std::vector<std::string> arc_words(std::vector<std::string> pieces) {
  constexpr std::string_view kBlank = "\u2581";
  for (std::string& piece : pieces)
    if (piece.starts_with(kBlank) && piece.size() > kBlank.size()) piece.erase(0, kBlank.size());
  return pieces;
}

void draw_piece_arcs(const at::Tensor& weights, const std::vector<int64_t>& heads,
                     const std::vector<std::string>& pieces, const TranslationAttentionOptions& options,
                     const std::filesystem::path& path) {
  std::vector<rendering::AttentionArc> arcs;
  const auto values = weights.accessor<float, 3>();
  for (int64_t h = 0; h < weights.size(0); ++h) {
    for (int64_t q = 0; q < weights.size(1); ++q) {
      for (int64_t k = 0; k < weights.size(2); ++k) {
        arcs.push_back({static_cast<int>(q), static_cast<int>(k),
                        static_cast<int>(heads[static_cast<size_t>(h)]), values[h][q][k]});
      }
    }
  }
  rendering::draw_text_arcs(arc_words(pieces), arcs,
                            {.top = static_cast<int>(options.top), .title = options.title}, path);
}

}  // namespace

std::string draw_translation_attention(const Translator& translator, const std::string& source,
                                       const std::string& target, const TranslationAttentionOptions& options,
                                       const std::filesystem::path& path) {
  auto& model = translator.model();
  const auto& vocabulary = translator.vocabulary();
  const AttentionPart part = parse_attention_part(options.part);
  if (options.arcs && part == AttentionPart::kCross)
    throw Error(ErrorKind::kUsage, "are drawn over one language: choose the encoder or the decoder (part)",
                FieldName{"arcs"});
  check_choice(model, part, options);
  std::string shown = target;
  if (shown.empty()) shown = translator.translate(std::span(&source, 1), {}).front().best.front().text;
  const auto pair = encode_pair(vocabulary, source, shown);
  const size_t only = 0;
  const nn::InferenceScope scope(model);
  const auto batch =
      make_translation_batch(pair, std::span(&only, 1), vocabulary.marks()).to(nn::device_of(model));
  const auto trace = model.trace(batch.source, batch.target_input, part, options.layer);
  const auto heads = chosen_heads(options.heads, trace.query.size(1));
  std::vector<int64_t> rows(static_cast<size_t>(trace.query.size(2)));
  std::iota(rows.begin(), rows.end(), 0);
  const at::Tensor weights = attention::attention_weights(trace.query, trace.key, trace.spec, heads, rows)[0]
                                 .to(at::kCPU, at::kFloat)
                                 .contiguous();  // [heads, rows, keys]
  if (options.arcs) {
    draw_piece_arcs(weights, heads, pair_labels(part, pair.front(), vocabulary).keys, options, path);
    return shown;
  }
  rendering::draw_attention_map(maps_of(weights, heads),
                                map_options(part, pair_labels(part, pair.front(), vocabulary), options.title),
                                path);
  return shown;
}

}  // namespace heed::tasks
