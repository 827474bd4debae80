// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include "heed/core/field.h"

namespace heed {

/// Sets the fields that `request`, a JSON object, names. Throws Error(kRequest) naming the field on an unknown name
/// (with the nearest one), a wrong type, a failed check, or a relation between fields that does not hold.
void read_json(const nlohmann::ordered_json& request, const Fields& fields);

/// For each field an object with "type", "help", "default" (absent for a value that has none) and, where it is,
/// "required": what a service shows about a request.
nlohmann::ordered_json describe_json(const Fields& fields);

}  // namespace heed
