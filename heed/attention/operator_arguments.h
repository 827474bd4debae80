// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

/// The arguments of an attention operator after query, key and value, as one struct. It has a member for each
/// argument of the schema, in the same order, and lists them:
///
///   struct DenseArguments {
///     Table table;
///     bool causal;
///     auto list() const { return std::tie(table, causal); }
///   };
namespace heed::attention {

using OptionalTensor = std::optional<at::Tensor>;

/// An argument that is a relation's table: differentiable, and cast by autocast. "Tensor?" in the schema.
struct Table : OptionalTensor {
  Table(OptionalTensor table = std::nullopt) : OptionalTensor(std::move(table)) {}
};

/// How the dispatcher passes an argument that the struct holds as T.
template <class T>
struct ArgumentPassing {
  using Type = T;
};
template <>
struct ArgumentPassing<at::Tensor> {
  using Type = const at::Tensor&;
};
template <>
struct ArgumentPassing<OptionalTensor> {
  using Type = const OptionalTensor&;
};
template <>
struct ArgumentPassing<Table> {
  using Type = const OptionalTensor&;
};
template <>
struct ArgumentPassing<std::string> {
  using Type = c10::string_view;
};
template <>
struct ArgumentPassing<std::vector<int64_t>> {
  using Type = at::IntArrayRef;
};
template <class T>
using Passed = typename ArgumentPassing<T>::Type;

template <class T>
constexpr bool kHoldsTensor = std::is_same_v<T, at::Tensor> || std::is_base_of_v<OptionalTensor, T>;

/// From the form that the dispatcher passes to the one that the struct holds.
template <class T>
T keep_argument(Passed<T> given) {
  if constexpr (std::is_same_v<T, std::vector<int64_t>>) {
    return given.vec();
  } else {
    return T(given);
  }
}

/// The argument, cast if it is a table.
template <class T, class Cast>
decltype(auto) cast_table(Passed<T> given, const Cast& cast) {
  if constexpr (std::is_same_v<T, Table>) {
    return given ? OptionalTensor(cast(*given)) : OptionalTensor();
  } else {
    return Passed<T>(given);
  }
}

/// What autograd keeps for backward: tensors, undefined if absent, and everything else.
struct SavedArguments {
  std::vector<at::Tensor> tensors = {};
  std::vector<c10::IValue> values = {};

  template <class T>
  void add(Passed<T> given) {
    if constexpr (std::is_same_v<T, at::Tensor>) {
      tensors.push_back(given);
    } else if constexpr (kHoldsTensor<T>) {
      tensors.push_back(given.value_or(at::Tensor()));
    } else {
      values.emplace_back(keep_argument<T>(given));
    }
  }
};

/// Reads back in order what SavedArguments::add took. `tensors` begins with query, key, value, output and
/// logsumexp.
struct ArgumentReader {
  const std::vector<at::Tensor>& tensors;
  c10::ArrayRef<c10::IValue> values;
  size_t tensor = 5, value = 0;

  template <class T>
  T next() {
    if constexpr (std::is_same_v<T, at::Tensor>) {
      return tensors[tensor++];
    } else if constexpr (kHoldsTensor<T>) {
      const at::Tensor& saved = tensors[tensor++];
      return saved.defined() ? T(OptionalTensor(saved)) : T();
    } else {
      return values[value++].template to<T>();
    }
  }
};

}  // namespace heed::attention
