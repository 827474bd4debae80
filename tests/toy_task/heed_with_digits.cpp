// SPDX-License-Identifier: Apache-2.0
#include "heed/cli/launch.h"

int main(int argc, char** argv) {
  return heed_main(argc, argv, nullptr);
}
