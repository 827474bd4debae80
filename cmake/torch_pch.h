// Precompiled once for every target that uses torch, where sources are compiled file by file. Only what most of them
// include: each file that uses it instantiates all templates of these headers. Sources include what they need themselves.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/pimpl.h>
