// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/evaluation/sequence_nll.h"
#include "heed/rendering/shaded_text.h"
#include "heed/tasks/language/language_actions.h"
#include "heed/tasks/language/language_inspection.h"
#include "heed/tasks/language/language_surprise.h"
#include "heed/tasks/options.h"

namespace heed::tasks {
namespace {
namespace fs = std::filesystem;

struct InspectSurpriseOptions {
  InspectedTextOptions text;
  fs::path output, jsonl;
  evaluation::WindowOptions windows;
  rendering::ShadedTextOptions drawing;
  int64_t lines = 60;
};

Fields fields(InspectSurpriseOptions& options) {
  return fields(options.text) +
         Fields{
             required({"output", &options.output, "picture to write (.png)"}),
             {"jsonl", &options.jsonl, "file for a JSON object for each token, on a line"},
             {"lines", &options.lines, "lines of the picture; the rest of a longer text is left out",
              between(1, 1000)},
             default_text({"highest", &options.drawing.highest, "nats of the strongest shade", at_least(0)},
                          "all but 2 % of the tokens are below it"),
             default_text({"context", &options.windows.context,
                           "tokens the model sees at once, in sliding windows", at_least(1)},
                          "as in training"),
             default_text({"title", &options.drawing.title, "title of the picture"}, "model and mean")};
}

void check(const InspectSurpriseOptions& options, const std::vector<std::string>& given) {
  check(options.text, given);
  check_writable(options.output);
  if (!options.jsonl.empty()) check_writable(options.jsonl);
}

std::string plural(const std::string& unit) {
  return unit + "s";
}

Answer surprise(const LanguageModel& model, InspectSurpriseOptions& options, const Call& /*call*/) {
  constexpr int64_t kMostOfALine = 300;  // without a JSONL, what no line can hold is not scored
  const int64_t most = options.jsonl.empty() ? options.lines * kMostOfALine : 0;
  const InspectedText text = read_inspected_text(model, options.text, most);
  const auto scored = token_surprise(model, text, options.windows);
  const std::string unit = model.vocabulary->unit();
  evaluation::NllTotal total;
  std::vector<rendering::ShadedToken> tokens;
  for (const auto& token : scored) {
    total += {token.nll, 1};
    tokens.push_back({token.text, token.nll});
  }
  auto& drawing = options.drawing;
  drawing.most_lines = static_cast<size_t>(options.lines);
  drawing.unit = plural(unit);
  drawing.scale = "nats (-ln p)";
  drawing.note = "Mean " + fixed_number(total.mean(), 3) + " nats a " + unit + ".";
  if (drawing.title.empty()) drawing.title = "Surprise of " + model_title(model.trained.folder);
  if (!options.jsonl.empty()) write_surprise(scored, options.jsonl);
  const size_t shown = rendering::draw_shaded_text(tokens, drawing, options.output);
  Json json;
  json["picture"] = options.output.string();
  if (!options.jsonl.empty()) json["jsonl"] = options.jsonl.string();
  json.update({{"nll", total.mean()},
               {"unit", unit},
               {"units", total.tokens},
               {"shown", shown},
               {"model", model.trained.folder.string()}});
  return {json};
}

struct InspectLanguageAttentionOptions {
  InspectedTextOptions text;
  fs::path output;
  std::string unit = "word";
  std::vector<std::string> among;
  bool numbers = false;
  LanguageAttentionOptions drawing;
};

Fields fields(InspectLanguageAttentionOptions& options) {
  auto& drawing = options.drawing;
  return fields(options.text) +
         Fields{required({"output", &options.output, "picture to write (.png)"}),
                {"layer", &drawing.layer, "layer, from 0", at_least(0)},
                {"heads", &drawing.heads, "heads, such as 0,3", at_least(0)},
                excludes({"all_heads", &drawing.all_heads, "every head of the layer"}, {"heads"}),
                {"unit", &options.unit, "what looks and is looked at", one_of(attention_unit_names())},
                default_text({"at", &drawing.at, "the word that looks"}, "all words"),
                needs(default_text({"occurrence", &drawing.occurrence, "which of several such words, from 1",
                                    at_least(1)},
                                   "the last"),
                      {"at"}),
                needs(excludes(
                          {"among", &options.among,
                           "words such as animal,street: draw the share of the attention that each gets, for "
                           "every head of every layer"},
                          {"layer", "heads", "all_heads", "arcs", "numbers"}),
                      {"at"}),
                {"arcs", &drawing.arcs, "draw arcs over the text instead of maps"},
                needs(default_text({"top", &drawing.top, "heaviest arcs of each word and head", at_least(1)},
                                   "12 of one word, 2 of each of all"),
                      {"arcs"}),
                {"numbers", &options.numbers, "give the words and all weights as numbers, too"},
                default_text({"title", &drawing.title, "title of the picture"}, "model and layer")};
}

void check(const InspectLanguageAttentionOptions& options, const std::vector<std::string>& given) {
  check(options.text, given);
  check_writable(options.output);
}

/// The words of a list whose elements may hold several, separated by commas. A comma alone is a word.
std::vector<std::string> candidate_words(const std::vector<std::string>& list) {
  std::vector<std::string> words;
  for (const std::string& element : list) {
    if (element == ",") words.push_back(element);
    for (size_t at = 0; at < element.size();) {
      const size_t comma = std::min(element.find(',', at), element.size());
      if (comma > at) words.push_back(element.substr(at, comma - at));
      at = comma + 1;
    }
  }
  return words;
}

/// "layer 0  head 1  animal 12.3 %  street 4.5 %".
std::string share_line(const CandidateShares& shares, size_t layer, int64_t head) {
  std::string line = "layer " + std::to_string(layer) + "  head " + std::to_string(head);
  for (size_t c = 0; c < shares.candidates.size(); ++c) {
    const double share = shares.layers[layer][head][static_cast<int64_t>(c)].item<double>();
    line += "  " + shares.candidates[c] + " " + fixed_number(100 * share, 1) + " %";
  }
  return line;
}

Answer among(const LanguageModel& model, const TextAttention& attention,
             const InspectLanguageAttentionOptions& options) {
  const auto& drawing = options.drawing;
  const size_t at = attention.find(drawing.at, drawing.occurrence);
  const auto shares = candidate_shares(attention, at, candidate_words(options.among));
  const std::string title = drawing.title.empty()
                                ? model_title(model.trained.folder) + ": where '" + drawing.at + "' looks"
                                : drawing.title;
  draw_candidate_shares(shares, title, options.output);
  Answer answer{{{"picture", options.output.string()}, {"word", drawing.at}, {"index", at}}};
  auto rows = Json::array();
  for (size_t layer = 0; layer < shares.layers.size(); ++layer) {
    for (int64_t head = 0; head < shares.layers[layer].size(0); ++head) {
      Json row{{"layer", layer}, {"head", head}, {"shares", Json::object()}};
      for (size_t c = 0; c < shares.candidates.size(); ++c)
        row["shares"][shares.candidates[c]] =
            shares.layers[layer][head][static_cast<int64_t>(c)].item<double>();
      rows.push_back(row);
      answer.lines.push_back(share_line(shares, layer, head));
    }
  }
  answer.json["heads"] = rows;
  answer.lines.insert(answer.lines.begin(), "picture  " + options.output.string());
  return answer;
}

Json weights_json(const at::Tensor& weights) {
  auto heads = Json::array();
  const auto values = weights.accessor<float, 3>();
  for (int64_t h = 0; h < values.size(0); ++h) {
    auto rows = Json::array();
    for (int64_t q = 0; q < values.size(1); ++q) {
      const float* row = &values[h][q][0];
      rows.push_back(std::vector<float>(row, row + values.size(2)));
    }
    heads.push_back(rows);
  }
  return heads;
}

Answer attention(const LanguageModel& model, InspectLanguageAttentionOptions& options, const Call& /*call*/) {
  const InspectedText text = read_inspected_text(model, options.text);
  const TextAttention attention(model, text, parse_attention_unit(options.unit));
  if (!options.among.empty()) return among(model, attention, options);
  auto& drawing = options.drawing;
  if (drawing.title.empty())
    drawing.title = model_title(model.trained.folder) + ", layer " + std::to_string(drawing.layer);
  const ShownAttention shown = shown_attention(attention, drawing);
  draw_language_attention(attention, shown, drawing, options.output);
  Answer answer{{{"picture", options.output.string()}, {"words", attention.units().size()}}};
  answer.lines = entry_lines(answer.json);
  if (options.numbers) {
    answer.json["words"] = attention.labels();
    answer.json["rows"] = shown.rows;
    answer.json["heads"] = shown.heads;
    answer.json["weights"] = weights_json(shown.weights);
  }
  return answer;
}

}  // namespace

Action inspect_language_surprise_action() {
  auto action =
      model_action("inspect surprise", "Draw a text with each token's -ln p as a shade behind it", surprise);
  action.decodes = false;
  return action;
}

Action inspect_language_attention_action() {
  auto action =
      model_action("inspect attention",
                   "Draw what chosen heads attend to: maps with the words, arcs over a text, or the "
                   "shares of candidates",
                   attention);
  action.decodes = false;
  return action;
}

}  // namespace heed::tasks
