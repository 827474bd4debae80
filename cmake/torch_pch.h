// Precompiled once for every target that uses torch. Sources still include the narrow headers they need.
#pragma once
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <ATen/ATen.h>
#include <torch/autograd.h>
#include <torch/nn.h>
