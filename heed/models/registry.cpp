// SPDX-License-Identifier: Apache-2.0
#include "heed/models/registry.h"

#include "heed/core/config.h"
#include "heed/core/error.h"
#include "heed/models/conv_s2s.h"
#include "heed/models/encoder_decoder_transformer.h"
#include "heed/models/gated_pixel_cnn.h"
#include "heed/models/gnmt.h"
#include "heed/models/image_transformer.h"
#include "heed/models/lstm.h"
#include "heed/models/lstm_encoder_decoder.h"
#include "heed/models/pixel_snail.h"
#include "heed/models/transformer.h"

namespace heed::models {
namespace {

/// Describes a kind whose options are read from the section and written back; `build` makes the model from
/// them.
template <class Base, class Size, class Options, class Build>
ModelKindOf<Base, Size> kind_of(std::string name, std::string paper, Build build) {
  return {std::move(name), std::move(paper),
          [build](toml::table& section, const Size& size) -> std::shared_ptr<Base> {
            Options options;
            if constexpr (!requires { options.attention_backend; }) {
              if (section.contains("attention_backend"))
                throw Error(ErrorKind::kConfig,
                            "this kind has only one attention implementation: remove attention_backend",
                            "[model]");
            }
            read_fields(section, "[model]", fields(options));
            auto model = build(options, size);
            section = write_fields(fields(options));
            return model;
          },
          [] {
            Options options;
            return describe_fields(fields(options));
          }};
}

template <class Base, class Model, class Options>
ModelKindOf<Base, VocabularySizes> kind(std::string name, std::string paper) {
  return kind_of<Base, VocabularySizes, Options>(std::move(name), std::move(paper),
                                                 [](Options& options, const VocabularySizes& vocabulary) {
                                                   options.vocabulary = vocabulary.target;
                                                   if constexpr (requires { options.source_vocabulary; })
                                                     options.source_vocabulary = vocabulary.source;
                                                   return std::make_shared<Model>(options);
                                                 });
}

template <class Model, class Options>
ImageModelKind image_kind(std::string name, std::string paper) {
  return kind_of<nn::ImageModel, nn::ImageDomain, Options>(
      std::move(name), std::move(paper), [](const Options& options, const nn::ImageDomain& domain) {
        return std::make_shared<Model>(options, domain);
      });
}

/// Makes the model that the section describes, one of the given kinds.
template <class Model, class Size>
std::shared_ptr<Model> make(const std::vector<ModelKindOf<Model, Size>>& kinds,
                            const std::string& default_kind, toml::table& section, const Size& size) {
  if (section.contains("kind") && !section["kind"].is_string())
    throw Error(ErrorKind::kConfig, "'kind' must be a string", "[model]");
  const std::string name = section["kind"].value_or(default_kind);
  std::vector<std::string> names;
  for (const auto& kind : kinds) names.push_back(kind.name);
  for (const auto& kind : kinds) {
    if (kind.name != name) continue;
    section.erase("kind");
    try {
      auto model = kind.make(section, size);
      section.insert_or_assign("kind", name);
      return model;
    } catch (const c10::Error& error) {  // sizes that do not fit together
      throw Error(ErrorKind::kConfig, error.what_without_backtrace(), "[model]");
    }
  }
  throw Error(ErrorKind::kConfig, unknown_name_message("model kind", name, names), "[model]");
}

}  // namespace

const std::vector<ModelKind>& model_kinds() {
  static const std::vector<ModelKind> kinds{
      kind<nn::SequenceModel, Transformer, TransformerOptions>(
          "transformer", "Vaswani et al. 2017; relative positions of Shaw et al. and Huang et al. 2018"),
      kind<nn::SequenceModel, Lstm, LstmOptions>(
          "lstm", "PerformanceRNN, Oore et al. 2018; optional attention over its past"),
  };
  return kinds;
}

const std::vector<SequenceToSequenceKind>& sequence_to_sequence_kinds() {
  static const std::vector<SequenceToSequenceKind> kinds{
      kind<nn::SequenceToSequenceModel, EncoderDecoderTransformer, EncoderDecoderTransformerOptions>(
          "transformer", "Vaswani et al. 2017; optional relative positions of Shaw et al. 2018"),
      kind<nn::SequenceToSequenceModel, LstmEncoderDecoder, LstmEncoderDecoderOptions>(
          "lstm", "Bahdanau et al. 2014; the bilinear attention of Luong et al. 2015"),
      kind<nn::SequenceToSequenceModel, Gnmt, GnmtOptions>(
          "gnmt", "Wu et al. 2016; optional mixture of experts of Shazeer et al. 2017"),
      kind<nn::SequenceToSequenceModel, ConvS2S, ConvS2SOptions>("conv_s2s", "Gehring et al. 2017"),
  };
  return kinds;
}

const std::vector<ImageModelKind>& image_model_kinds() {
  static const std::vector<ImageModelKind> kinds{
      image_kind<ImageTransformer, ImageTransformerOptions>("image_transformer", "Parmar et al. 2018"),
      image_kind<GatedPixelCnn, GatedPixelCnnOptions>("gated_pixel_cnn", "van den Oord et al. 2016"),
      image_kind<PixelSnail, PixelSnailOptions>("pixel_snail", "Chen et al. 2017"),
  };
  return kinds;
}

std::shared_ptr<nn::SequenceModel> make_model(toml::table& section, int64_t vocabulary) {
  return make(model_kinds(), "transformer", section, VocabularySizes{.source = 0, .target = vocabulary});
}

std::shared_ptr<nn::SequenceToSequenceModel> make_sequence_to_sequence(toml::table& section,
                                                                       const VocabularySizes& vocabulary) {
  return make(sequence_to_sequence_kinds(), "transformer", section, vocabulary);
}

std::shared_ptr<nn::ImageModel> make_image_model(toml::table& section, const nn::ImageDomain& domain) {
  return make(image_model_kinds(), "image_transformer", section, domain);
}

}  // namespace heed::models
