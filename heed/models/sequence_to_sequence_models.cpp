// SPDX-License-Identifier: Apache-2.0
#include "heed/models/conv_s2s.h"
#include "heed/models/encoder_decoder_transformer.h"
#include "heed/models/gnmt.h"
#include "heed/models/lstm_encoder_decoder.h"
#include "heed/models/model_table.h"

namespace heed::models {

template <>
const std::vector<Kind<nn::SequenceToSequenceModel>>& kinds() {
  static const std::vector<Kind<nn::SequenceToSequenceModel>> table{
      vocabulary_kind<nn::SequenceToSequenceModel, EncoderDecoderTransformer,
                      EncoderDecoderTransformerOptions>(
          "transformer", "Vaswani et al. 2017; optional relative positions of Shaw et al. 2018"),
      vocabulary_kind<nn::SequenceToSequenceModel, LstmEncoderDecoder, LstmEncoderDecoderOptions>(
          "lstm", "Bahdanau et al. 2014; the bilinear attention of Luong et al. 2015"),
      vocabulary_kind<nn::SequenceToSequenceModel, Gnmt, GnmtOptions>(
          "gnmt", "Wu et al. 2016; optional mixture of experts of Shazeer et al. 2017"),
      vocabulary_kind<nn::SequenceToSequenceModel, ConvS2S, ConvS2SOptions>("conv_s2s",
                                                                            "Gehring et al. 2017"),
  };
  return table;
}

template std::shared_ptr<nn::SequenceToSequenceModel> make_model<nn::SequenceToSequenceModel>(
    toml::table&, const VocabularySizes&);
template std::string describe_kinds<nn::SequenceToSequenceModel>();

}  // namespace heed::models
