// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

/// Can attention look a word up? DictionaryLookup of Brody et al. 2022, arXiv:2105.14491, section 4.1.
namespace heed::bench {

struct DictionaryOptions {
  int64_t keys = 10;    ///< in each dictionary
  int64_t width = 128;  ///< of all heads together
  int64_t steps = 1500;
  int64_t batch = 64;     ///< dictionaries in a step
  int64_t tested = 1000;  ///< dictionaries that training does not see
  double learning_rate = 5e-3;
  int64_t seed = 1;
  std::function<void(int64_t step, double accuracy)> progress = {};
};

struct DictionaryResult {
  std::string model;    ///< "GAT, 8 heads"
  double accuracy = 0;  ///< share of the questions of the tested dictionaries that are answered
  int64_t steps = 0;    ///< until every question was answered, or all
  at::Tensor weights;   ///< [questions, keys]: where the first head looks in one dictionary
};

/// Trains models::Gat, of GAT or with `dynamic` of GATv2, with one layer of attention and a linear output.
///
/// A dictionary is a graph: `keys` nodes hold a key and its value, which is drawn for each dictionary, and as many nodes ask for a key
/// each. An edge leads from each entry to each question; the class of a question is the value of its key. The score of GAT orders
/// the keys in the same way for every question, so that a head can find the value of one question at best. Values are drawn
/// independently: if they were a permutation, as in the paper, a question could look at all other entries and answer with the
/// value that is missing.
DictionaryResult look_up(bool dynamic, int64_t heads, const DictionaryOptions& options);

}  // namespace heed::bench
