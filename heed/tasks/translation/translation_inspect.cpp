// SPDX-License-Identifier: Apache-2.0
#include "heed/core/files.h"
#include "heed/tasks/options.h"
#include "heed/tasks/translation/translation_actions.h"
#include "heed/tasks/translation/translation_inspection.h"

namespace heed::tasks {
namespace {

struct InspectPairOptions {
  std::string source, target;
  std::filesystem::path output;
  bool all_heads = false;
  TranslationAttentionOptions drawing{.heads = {0}, .title = ""};
};

Fields fields(InspectPairOptions& options) {
  auto& drawing = options.drawing;
  return {required({"source", &options.source, "sentence to read"}),
          default_text({"target", &options.target, "its translation"}, "the model's own"),
          required({"output", &options.output, "picture to write (.png)"}),
          {"part", &drawing.part, "which attention", one_of({"encoder", "decoder", "cross"})},
          {"layer", &drawing.layer, "layer, from 0", at_least(0)},
          {"heads", &drawing.heads, "heads, such as 0,3", at_least(0)},
          excludes({"all_heads", &options.all_heads, "every head of the layer"}, {"heads"}),
          {"arcs", &drawing.arcs, "draw arcs over the pieces instead of maps; part encoder or decoder"},
          needs({"top", &drawing.top, "heaviest arcs of each piece and head", at_least(1)}, {"arcs"}),
          default_text({"title", &drawing.title, "title of the picture"}, "model and layer")};
}

void check(const InspectPairOptions& options, const std::vector<std::string>& /*given*/) {
  check_writable(options.output);
}

Answer inspect(const Translator& translator, InspectPairOptions& options, const Call& /*call*/) {
  auto& drawing = options.drawing;
  if (options.all_heads) drawing.heads.clear();
  if (drawing.title.empty()) {
    drawing.title = model_title(translator.trained().folder) + ", " + drawing.part + " attention, layer " +
                    std::to_string(drawing.layer);
  }
  const std::string target =
      draw_translation_attention(translator, options.source, options.target, drawing, options.output);
  return {{{"picture", options.output.string()}, {"target", target}}};
}

}  // namespace

Action inspect_translation_attention_action() {
  auto action = model_action("inspect attention",
                             "Draw what chosen heads attend to: maps over a sentence pair, or arcs", inspect);
  action.decodes = false;
  return action;
}

}  // namespace heed::tasks
