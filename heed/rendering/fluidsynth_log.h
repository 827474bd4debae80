// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace heed::rendering {

/// Sends FluidSynth's warnings and errors to heed::warn and drops other messages. The log is global to the
/// process, so this runs once; call it before any other use of FluidSynth.
void redirect_fluidsynth_log();

}  // namespace heed::rendering
