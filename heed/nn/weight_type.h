// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <torch/nn/module.h>

namespace heed::nn {

/// The type that linear layers read their weights in, in inference. Inputs, sums and outputs are float32.
///
/// kFloat32   the weights as they are
/// kBfloat16  each weight rounded to bfloat16 (to nearest, ties to even): half the bytes. Products and sums are
///            float32. Where the processor multiplies pairs of bfloat16, input rows are rounded too
/// kInt8      each output's weights on 255 levels, each input row on 127 (nn/int8_product.h): a quarter of
///            the bytes, products and sums of whole numbers, exact
///
/// In every type a row's bits depend on that row alone: not on the rows beside it, nor on the threads.
enum class WeightType { kFloat32, kBfloat16, kInt8 };

/// "float32", "bfloat16", "int8".
std::string weight_type_name(WeightType type);
std::vector<std::string> weight_type_names();
/// Throws Error(kConfig) on an unknown name, with the nearest one.
WeightType parse_weight_type(const std::string& name);

/// From now on the linear layers of `module` read their weights in this type where no gradient is kept: those
/// that keep a packed weight, in float32 on the CPU. A weight is packed when it is first used, and again when
/// it has been written to.
///
/// Memory: the float32 parameters stay, and the packed copy comes on top: as many bytes in float32, half of
/// that in bfloat16, a quarter in int8. The model can still be trained and saved. Call it while no other
/// thread uses the module. Does nothing to modules on other devices or of other dtypes.
void set_weight_type(torch::nn::Module& module, WeightType type);

}  // namespace heed::nn
