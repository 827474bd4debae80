// SPDX-License-Identifier: Apache-2.0
#include <torch/library.h>

// The namespace of every operator; each adds its schema as a fragment beside its kernels.
TORCH_LIBRARY(heed, library) {
  library.set_python_module("heed");
}
