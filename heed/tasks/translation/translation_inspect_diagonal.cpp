// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/rendering/attention_map.h"
#include "heed/tasks/options.h"
#include "heed/tasks/translation/attention_diagonal.h"
#include "heed/tasks/translation/translation_actions.h"
#include "heed/tasks/translation/translation_inspection.h"

namespace heed::tasks {
namespace {

struct InspectDiagonalOptions {
  Paths data;
  std::filesystem::path output;
  std::string split = "valid", part = "cross", title;
  std::vector<std::string> names;
  int64_t pairs = 500;
  AttentionDiagonalOptions diagonal;
};

Fields fields(InspectDiagonalOptions& options) {
  auto& diagonal = options.diagonal;
  return {required(data_field(options.data)),
          required({"output", &options.output, "picture to write (.png)"}),
          split_field(options.split),
          {"pairs", &options.pairs, "only the first pairs; 0: all", at_least(0)},
          {"part", &options.part, "which attention", one_of({"encoder", "decoder", "cross"})},
          default_text({"layer", &diagonal.layer, "layer, from 0", at_least(0)}, "the mean of all"),
          {"near", &diagonal.near, "distance that counts as near the diagonal, of the sentence's length",
           between(0, 1)},
          default_text({"name", &options.names, "names above the maps, one for each model"}, "the folders'"),
          default_text({"title", &options.title, "title of the picture"}, "part")};
}

void check(const InspectDiagonalOptions& options, const std::vector<std::string>& /*given*/) {
  check_writable(options.output);
}

std::vector<EncodedPair> read_pairs(const Translator& translator, const InspectDiagonalOptions& options) {
  auto pairs = read_translation_split(options.data, translator.data_options(), options.split);
  if (options.pairs > 0) pairs.resize(std::min(pairs.size(), static_cast<size_t>(options.pairs)));
  std::vector<EncodedPair> encoded;
  for (const auto& pair : pairs) {
    encoded.push_back({translator.vocabulary().source.encode(pair.source),
                       translator.vocabulary().target.encode(pair.target)});
  }
  return encoded;
}

/// Labels of a grid: each quarter of a sentence.
std::vector<std::string> quarter_labels(int64_t cells) {
  std::vector<std::string> labels(static_cast<size_t>(cells));
  for (int64_t i = 0; i < cells; i += cells / 4)
    labels[static_cast<size_t>(i)] = std::to_string(100 * i / cells) + " %";
  return labels;
}

rendering::AttentionMapOptions grid_options(const InspectDiagonalOptions& options) {
  rendering::AttentionMapOptions drawing;
  drawing.title =
      options.title.empty() ? "Mean " + options.part + " attention by place in the sentence" : options.title;
  drawing.row_title = options.part == "encoder" ? "place in the source, looks" : "place in the target, looks";
  drawing.key_title = options.part == "decoder" ? "place in the target" : "place in the source";
  drawing.row_labels = drawing.key_labels = quarter_labels(options.diagonal.cells);
  drawing.panel_size = 320;
  return drawing;
}

Json diagonal_json(const std::string& name, const std::filesystem::path& model,
                   const AttentionDiagonal& found) {
  auto grid = Json::array();
  for (int64_t row = 0; row < found.grid.size(0); ++row) {
    const float* values = found.grid[row].const_data_ptr<float>();
    grid.push_back(std::vector<float>(values, values + found.grid.size(1)));
  }
  return {{"name", name},
          {"near", found.near},
          {"near_uniform", found.near_uniform},
          {"accuracy", found.accuracy()},
          {"nll", found.nll()},
          {"sentences", found.sentences},
          {"tokens", found.tokens},
          {"model", model.string()},
          {"grid", grid}};
}

std::string diagonal_line(const std::string& name, const AttentionDiagonal& found) {
  return name + "  near the diagonal " + fixed_number(100 * found.near, 1) + " % (spread evenly " +
         fixed_number(100 * found.near_uniform, 1) + " %)  token accuracy " +
         fixed_number(100 * found.accuracy(), 1) + " %  nll " + fixed_number(found.nll(), 3);
}

Answer diagonal(std::span<const std::shared_ptr<const TaskModel>> models, InspectDiagonalOptions& options,
                const Call& /*call*/) {
  options.diagonal.part = parse_attention_part(options.part);
  std::vector<AttentionDiagonal> found;
  std::vector<rendering::AttentionMap> maps;
  Answer answer;
  answer.json["picture"] = options.output.string();
  answer.lines.push_back("picture  " + options.output.string());
  for (size_t i = 0; i < models.size(); ++i) {
    const auto& translator = dynamic_cast<const Translator&>(*models[i]);
    const auto& folder = translator.trained().folder;
    const std::string name = i < options.names.size() ? options.names[i] : model_title(folder);
    found.push_back(attention_diagonal(translator.model(), read_pairs(translator, options),
                                       translator.vocabulary().marks(), options.diagonal));
    const at::Tensor& grid = found.back().grid;  // its memory stays where it is
    maps.push_back({name, grid.size(0), grid.size(1),
                    std::span(grid.const_data_ptr<float>(), static_cast<size_t>(grid.numel()))});
    answer.json["models"].push_back(diagonal_json(name, folder, found.back()));
    answer.lines.push_back(diagonal_line(name, found.back()));
  }
  rendering::draw_attention_map(maps, grid_options(options), options.output);
  return answer;
}

}  // namespace

Action inspect_translation_diagonal_action() {
  return models_action(
      "inspect diagonal",
      "Draw the attention of several translators, averaged over sentences, and say how much of it "
      "follows the order of words",
      Models::kSeveral, diagonal);
}

}  // namespace heed::tasks
