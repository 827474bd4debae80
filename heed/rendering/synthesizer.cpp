// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/synthesizer.h"

#include <algorithm>
#include <set>

#include <fluidsynth.h>

#include "heed/core/error.h"
#include "heed/rendering/fluidsynth_log.h"

namespace heed::rendering {
namespace {

constexpr int kKeys = 128, kChannelBlock = 16, kMaxChannels = 256, kPercussion = 9;

template <class Handle>
Handle* required(Handle* handle) {
  if (handle == nullptr) throw Error(ErrorKind::kSystem, "FluidSynth cannot start");
  return handle;
}

fluid_settings_t* new_quiet_settings() {
  redirect_fluidsynth_log();
  return required(new_fluid_settings());
}

fluid_synth_t* new_synth(fluid_settings_t* settings, const Synthesizer::Options& options) {
  fluid_settings_setnum(settings, "synth.sample-rate", options.sample_rate);
  fluid_settings_setnum(settings, "synth.gain", 0.4);
  fluid_settings_setint(settings, "synth.reverb.active", options.reverb ? 1 : 0);
  fluid_settings_setnum(settings, "synth.reverb.room-size", 0.5);
  fluid_settings_setnum(settings, "synth.reverb.level", 0.6);
  fluid_settings_setint(settings, "synth.chorus.active", 0);
  fluid_settings_setint(settings, "synth.polyphony", 512);
  fluid_settings_setint(settings, "synth.midi-channels", kMaxChannels);
  fluid_settings_setint(settings, "synth.lock-memory", 0);
  return required(new_fluid_synth(settings));
}

}  // namespace

Synthesizer::Synthesizer(const Options& options, std::span<const music::Note> notes)
    : settings_(new_quiet_settings(), delete_fluid_settings),
      synth_(new_synth(settings_.get(), options), delete_fluid_synth),
      sounding_(kMaxChannels * kKeys, 0) {
  if (fluid_synth_sfload(synth_.get(), options.sound_font.c_str(), 1) == FLUID_FAILED) {
    throw Error(ErrorKind::kData, "FluidSynth cannot load this sound font", options.sound_font.string());
  }
  assign_channels(notes);
}

Synthesizer::Part Synthesizer::part_of(const music::Note& note) const {
  return {note.drum ? -1 : note.program, voices_apart_ && !note.drum ? note.voice : 0};
}

void Synthesizer::assign_channels(std::span<const music::Note> notes) {
  std::set<Part> parts;
  for (const music::Note& note : notes) parts.insert(part_of(note));
  if (parts.size() >= kMaxChannels) {  // one channel per program always suffices
    voices_apart_ = false;
    parts.clear();
    for (const music::Note& note : notes) parts.insert(part_of(note));
  }
  int next = 0;
  for (const Part& part : parts) {
    if (next == kPercussion) ++next;
    const bool drum = part.first < 0;
    channels_[part] = drum ? kPercussion : next++;
    const int channel = channels_[part];
    fluid_synth_set_channel_type(synth_.get(), channel, drum ? CHANNEL_TYPE_DRUM : CHANNEL_TYPE_MELODIC);
    fluid_synth_bank_select(synth_.get(), channel, drum ? 128 : 0);
    fluid_synth_program_change(synth_.get(), channel, std::max(part.first, 0));
  }
}

void Synthesizer::start(const music::Note& note) {
  const int channel = channels_.at(part_of(note));
  ++sounding_[static_cast<size_t>(channel * kKeys + note.pitch)];
  fluid_synth_noteon(synth_.get(), channel, note.pitch, note.velocity);
}

void Synthesizer::stop(const music::Note& note) {
  const int channel = channels_.at(part_of(note));
  if (--sounding_[static_cast<size_t>(channel * kKeys + note.pitch)] == 0) {
    fluid_synth_noteoff(synth_.get(), channel, note.pitch);
  }
}

void Synthesizer::play(std::span<float> samples) {
  const int frames = static_cast<int>(samples.size() / 2);
  if (fluid_synth_write_float(synth_.get(), frames, samples.data(), 0, 2, samples.data(), 1, 2) != FLUID_OK) {
    throw Error(ErrorKind::kSystem, "FluidSynth stopped playing");
  }
}

}  // namespace heed::rendering
