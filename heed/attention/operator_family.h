// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/autograd.h>
#include <torch/library.h>

#include "heed/attention/operator_arguments.h"
#include "heed/attention/operator_shapes.h"

/// Everything that the attention operators share: schema, kernels, shapes for Meta, autograd, autocast, and
/// the error of a double backward. Families of patterns (dense, local, window) differ in what a Family says:
///
///   struct DenseFamily {
///     static constexpr const char* kName = "dense_attention";  // and dense_attention_backward
///     static constexpr const char* kSchema =                   // what follows query, key and value
///         "*, Tensor? table=None, bool causal=False";
///     static constexpr std::array kTables{"table"};            // the arguments of type Table
///     using Arguments = DenseArguments;                        // see operator_arguments.h
///     static DenseInputs inputs(query, key, value, const Arguments&);  // checks everything
///     static Result forward(const DenseInputs&);
///     static DenseGradients backward(output_grad, const DenseInputs&, output, logsumexp);
///   };
///
/// where DenseGradients has query, key, value and tables(), the tables' gradients in the order of kTables,
/// each undefined if its table is absent. Then
///
///   TORCH_LIBRARY_FRAGMENT(heed, library) { AttentionOperator<DenseFamily>::define(library); }
///   Result result = AttentionOperator<DenseFamily>::call(query, key, value, arguments);
namespace heed::attention {

template <class Family, class List = decltype(std::declval<const typename Family::Arguments&>().list())>
class AttentionOperator;

/// The forward operator as a function of autograd. Its type has no list of arguments: libtorch demangles the
/// name of the type in every backward pass, which takes 0.9 us for this one and 2.8 us with the list.
template <class Family>
struct AttentionFunction : torch::autograd::Function<AttentionFunction<Family>> {
  using Context = torch::autograd::AutogradContext;
  using List = torch::autograd::variable_list;

  template <class... Rest>
  static List forward(Context* context, const at::Tensor& query, const at::Tensor& key,
                      const at::Tensor& value, const Rest&... rest) {
    return AttentionOperator<Family>::record(context, query, key, value, rest...);
  }
  static List backward(Context* context, const List& output_grads) {
    return AttentionOperator<Family>::differentiate(context, output_grads);
  }
};

template <class Family, class... T>
class AttentionOperator<Family, std::tuple<const T&...>> {
  friend struct AttentionFunction<Family>;
  using Arguments = typename Family::Arguments;
  using Tensor = at::Tensor;
  static constexpr size_t kTables = (size_t{0} + ... + size_t{std::is_same_v<T, Table>});
  static_assert(kTables == std::tuple_size_v<decltype(Family::kTables)>,
                "each Table needs a name in kTables");

  using GradientArray = std::array<Tensor, 3 + kTables>;
  using Forward = std::tuple<Tensor, Tensor>;
  using Gradients = decltype(std::tuple_cat(std::declval<GradientArray>()));
  using ForwardSignature = Forward(const Tensor&, const Tensor&, const Tensor&, Passed<T>...);
  using BackwardSignature = Gradients(const Tensor&, const Tensor&, const Tensor&, const Tensor&,
                                      const Tensor&, const Tensor&, Passed<T>...);

 public:
  /// Through the dispatcher: with autograd and autocast.
  static Result call(const Tensor& query, const Tensor& key, const Tensor& value,
                     const Arguments& arguments) {
    auto [output, logsumexp] = std::apply(
        [&](const T&... rest) { return forward_op().call(query, key, value, rest...); }, arguments.list());
    return {output, logsumexp};
  }

  /// Schemas, the family's own kernels for every device that has no others, and all that surrounds them.
  static void define(torch::Library& library) {
    const std::string tensors = "Tensor query, Tensor key, Tensor value, ", rest = Family::kSchema;
    std::string gradients = "Tensor query_grad, Tensor key_grad, Tensor value_grad";
    for (const char* table : Family::kTables) gradients += std::string(", Tensor ") + table + "_grad";
    library.def((forward_name() + "(" + tensors + rest + ") -> (Tensor output, Tensor logsumexp)").c_str());
    library.def((backward_name() + "(Tensor output_grad, " + tensors + "Tensor output, Tensor logsumexp, " +
                 rest + ") -> (" + gradients + ")")
                    .c_str());
    define_kernels<Family>(library, c10::DispatchKey::CompositeExplicitAutograd);
    implement(library, c10::DispatchKey::Meta, TORCH_FN(forward_meta), TORCH_FN(backward_meta));
    implement(library, c10::DispatchKey::Autograd, TORCH_FN(forward_autograd), TORCH_FN(backward_autograd));
    define_autocast<at::kCPU, c10::DispatchKey::AutocastCPU>(library);
    define_autocast<at::kCUDA, c10::DispatchKey::AutocastCUDA>(library);
  }

  /// The kernels of one device, such as CUDA: `Kernels` has forward and backward as a Family has them.
  template <class Kernels>
  static void define_kernels(torch::Library& library, c10::DispatchKey key) {
    implement(library, key, TORCH_FN(forward_kernel<Kernels>), TORCH_FN(backward_kernel<Kernels>));
  }

 private:
  static std::string forward_name() { return Family::kName; }
  static std::string backward_name() { return forward_name() + "_backward"; }

  template <class ForwardFunction, class BackwardFunction>
  static void implement(torch::Library& library, c10::DispatchKey key, ForwardFunction forward,
                        BackwardFunction backward) {
    library.impl(forward_name().c_str(), torch::dispatch(key, forward));
    library.impl(backward_name().c_str(), torch::dispatch(key, backward));
  }

  template <at::DeviceType kDevice, c10::DispatchKey kKey>
  static void define_autocast(torch::Library& library) {
    library.impl(forward_name().c_str(), torch::dispatch(kKey, TORCH_FN((forward_autocast<kDevice, kKey>))));
  }

  static auto& forward_op() {
    static auto op = c10::Dispatcher::singleton()
                         .findSchemaOrThrow(("heed::" + forward_name()).c_str(), "")
                         .template typed<ForwardSignature>();
    return op;
  }
  static auto& backward_op() {
    static auto op = c10::Dispatcher::singleton()
                         .findSchemaOrThrow(("heed::" + backward_name()).c_str(), "")
                         .template typed<BackwardSignature>();
    return op;
  }

  // Kernels. Callers from Python come here without attend(), so Family::inputs checks everything again.

  template <class Kernels>
  static Forward forward_kernel(const Tensor& query, const Tensor& key, const Tensor& value,
                                Passed<T>... rest) {
    const Result result = Kernels::forward(Family::inputs(query, key, value, {keep_argument<T>(rest)...}));
    return {result.output, result.logsumexp};
  }

  template <class Kernels>
  static Gradients backward_kernel(const Tensor& output_grad, const Tensor& query, const Tensor& key,
                                   const Tensor& value, const Tensor& output, const Tensor& logsumexp,
                                   Passed<T>... rest) {
    const Arguments arguments{keep_argument<T>(rest)...};
    const auto inputs = Family::inputs(query, key, value, arguments);
    check_results(Family::kName, query, value, output_grad, output, logsumexp);
    const auto grads = Kernels::backward(output_grad, inputs, output, logsumexp);
    GradientArray all{grads.query, grads.key, grads.value};
    const auto tables = grads.tables();
    for_each_table(arguments, [&](size_t table, size_t, const Table& input) {
      all[3 + table] = table_gradient(tables[table], input, query);
    });
    return std::tuple_cat(std::move(all));
  }

  // Shapes, for tensors without data.

  static Forward forward_meta(const Tensor& query, const Tensor&, const Tensor& value, Passed<T>...) {
    return {empty_output(query, value), empty_logsumexp(query)};
  }

  static Gradients backward_meta(const Tensor&, const Tensor& query, const Tensor& key, const Tensor& value,
                                 const Tensor&, const Tensor&, Passed<T>... rest) {
    GradientArray all{at::empty_like(query), at::empty_like(key), at::empty_like(value)};
    for_each_table({keep_argument<T>(rest)...}, [&](size_t table, size_t, const Table& input) {
      all[3 + table] = empty_table_gradient(input, query);
    });
    return std::tuple_cat(std::move(all));
  }

  // Autograd.

  using Context = torch::autograd::AutogradContext;
  using List = torch::autograd::variable_list;

  static List record(Context* context, const Tensor& query, const Tensor& key, const Tensor& value,
                     Passed<T>... rest) {
    at::AutoDispatchBelowADInplaceOrView below_autograd;
    auto [output, logsumexp] = forward_op().call(query, key, value, rest...);
    SavedArguments saved{.tensors = {query, key, value, output, logsumexp}};
    (saved.template add<T>(rest), ...);
    context->save_for_backward(std::move(saved.tensors));
    context->saved_data["values"] = c10::ivalue::Tuple::create(std::move(saved.values));
    context->mark_non_differentiable({logsumexp});
    return {output, logsumexp};
  }

  static List differentiate(Context* context, const List& output_grads) {
    List result(3 + sizeof...(T));
    if (!output_grads[0].defined()) return result;
    const auto tensors = context->get_saved_variables();
    const auto values = context->saved_data["values"].toTuple();
    ArgumentReader reader{tensors, values->elements()};
    const Arguments arguments{reader.template next<T>()...};
    const auto all = std::apply(
        [&](const T&... rest) {
          return backward_op().call(output_grads[0], tensors[0], tensors[1], tensors[2], tensors[3],
                                    tensors[4], rest...);
        },
        arguments.list());
    const List grads = list_of(all);
    std::copy(grads.begin(), grads.begin() + 3, result.begin());
    for_each_table(arguments, [&](size_t table, size_t position, const Table& input) {
      if (input) result[3 + position] = grads[3 + table];
    });
    return result;
  }

  static Forward forward_autograd(const Tensor& query, const Tensor& key, const Tensor& value,
                                  Passed<T>... rest) {
    auto results = AttentionFunction<Family>::apply(query, key, value, rest...);
    return {results[0], results[1]};
  }

  /// The backward operator as a function whose own backward throws: a gradient of a gradient must not be
  /// silently wrong.
  struct DifferentiableOnce : torch::autograd::Function<DifferentiableOnce> {
    static List forward(Context*, const Tensor& output_grad, const Tensor& query, const Tensor& key,
                        const Tensor& value, const Tensor& output, const Tensor& logsumexp,
                        Passed<T>... rest) {
      at::AutoDispatchBelowADInplaceOrView below_autograd;
      return list_of(backward_op().call(output_grad, query, key, value, output, logsumexp, rest...));
    }
    static List backward(Context*, const List&) { refuse_double_backward(Family::kName); }
  };

  static Gradients backward_autograd(const Tensor& output_grad, const Tensor& query, const Tensor& key,
                                     const Tensor& value, const Tensor& output, const Tensor& logsumexp,
                                     Passed<T>... rest) {
    auto list = DifferentiableOnce::apply(output_grad, query, key, value, output, logsumexp, rest...);
    GradientArray all;
    std::move(list.begin(), list.end(), all.begin());
    return std::tuple_cat(std::move(all));
  }

  // Autocast: the three tensors and the tables take its dtype.

  template <at::DeviceType kDevice, c10::DispatchKey kKey>
  static Forward forward_autocast(const Tensor& query, const Tensor& key, const Tensor& value,
                                  Passed<T>... rest) {
    c10::impl::ExcludeDispatchKeyGuard no_autocast(kKey);
    const auto dtype = at::autocast::get_autocast_dtype(kDevice);
    const auto cast = [&](const Tensor& tensor) { return at::autocast::cached_cast(dtype, tensor, kDevice); };
    return forward_op().call(cast(query), cast(key), cast(value), cast_table<T>(rest, cast)...);
  }

  static List list_of(const Gradients& gradients) {
    return std::apply([](const auto&... each) { return List{each...}; }, gradients);
  }

  /// Calls work(number among the tables, position among the arguments, table).
  template <class Work>
  static void for_each_table(const Arguments& arguments, const Work& work) {
    size_t table = 0, position = 0;
    const auto visit = [&](const auto& argument) {
      if constexpr (std::is_same_v<decltype(argument), const Table&>) work(table++, position, argument);
      ++position;
    };
    std::apply([&](const T&... each) { (visit(each), ...); }, arguments.list());
  }
};

}  // namespace heed::attention
