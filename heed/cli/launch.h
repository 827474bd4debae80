// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The whole program, in libheed_program.so; `heed` (launcher.cpp) loads it and calls this.
/// `spin_count` is the GOMP_SPINCOUNT with which the launcher had OpenMP loaded, and null where the user's
/// environment decides. Returns the exit code.
extern "C" __attribute__((visibility("default"))) int heed_main(int argc, char** argv,
                                                                const char* spin_count);
