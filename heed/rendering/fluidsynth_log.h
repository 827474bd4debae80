// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace heed::rendering {

/// Sends FluidSynth's warnings and errors to heed::warn and drops the rest. Its log is one for the whole
/// process, so this happens once; call it before any other use of FluidSynth.
void redirect_fluidsynth_log();

}  // namespace heed::rendering
