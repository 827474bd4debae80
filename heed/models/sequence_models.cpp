// SPDX-License-Identifier: Apache-2.0
#include "heed/models/awd_lstm.h"
#include "heed/models/lstm.h"
#include "heed/models/model_table.h"
#include "heed/models/r_transformer.h"
#include "heed/models/sha_rnn.h"
#include "heed/models/sru_plus_plus.h"
#include "heed/models/transformer.h"

namespace heed::models {

template <>
const std::vector<Kind<nn::SequenceModel>>& kinds() {
  static const std::vector<Kind<nn::SequenceModel>> table{
      vocabulary_kind<nn::SequenceModel, Transformer, TransformerOptions>(
          "transformer", "Vaswani et al. 2017; relative positions of Shaw et al. and Huang et al. 2018"),
      vocabulary_kind<nn::SequenceModel, Lstm, LstmOptions>(
          "lstm", "PerformanceRNN, Oore et al. 2018; optional attention over its past"),
      vocabulary_kind<nn::SequenceModel, AwdLstm, AwdLstmOptions>(
          "awd_lstm", "Merity et al. 2017; LSTM with dropped weights and locked dropout"),
      vocabulary_kind<nn::SequenceModel, RTransformer, RTransformerOptions>(
          "r_transformer", "R-Transformer, Wang et al. 2019; a local recurrence before attention"),
      vocabulary_kind<nn::SequenceModel, ShaRnn, ShaRnnOptions>(
          "sha_rnn", "SHA-RNN, Merity 2019; LSTMs with one attention head"),
      vocabulary_kind<nn::SequenceModel, SruPlusPlus, SruPlusPlusOptions>(
          "sru_plus_plus", "SRU++, Lei 2021; attention inside fast recurrences"),
  };
  return table;
}

template std::shared_ptr<nn::SequenceModel> make_model<nn::SequenceModel>(toml::table&,
                                                                          const VocabularySizes&);
template std::string describe_kinds<nn::SequenceModel>();

}  // namespace heed::models
