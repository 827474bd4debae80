// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

namespace heed::fuzz {

/// Properties for arbitrary bytes: a reader returns what it promises, or throws the Error that it documents.
/// Anything else throws std::logic_error, which ends a fuzz target and fails a test.
void check_midi_reader(std::span<const std::byte> file);
void check_safetensors(std::span<const std::byte> file);
void check_chorale_json(std::span<const std::byte> file);
void check_po_reader(std::span<const std::byte> file);
void check_mo_reader(std::span<const std::byte> file);
void check_tsv(std::span<const std::byte> file);
void check_records(std::span<const std::byte> file);
void check_utf8_lines(std::span<const std::byte> file);
void check_png_reader(std::span<const std::byte> file);
void check_jpeg_reader(std::span<const std::byte> file);
void check_archive_reader(std::span<const std::byte> file);
void check_byte_stream(std::span<const std::byte> file);
void check_idx_reader(std::span<const std::byte> file);
void check_tokenizer_json(std::span<const std::byte> file);
void check_vocabulary_and_merges(std::span<const std::byte> file);
void check_byte_level_text(std::span<const std::byte> file);
void check_gguf(std::span<const std::byte> file);
void check_graph_tables(std::span<const std::byte> file);
void check_sdf(std::span<const std::byte> file);
void check_smiles(std::span<const std::byte> file);
void check_xyz(std::span<const std::byte> file);
void check_graphml(std::span<const std::byte> file);
void check_node_link(std::span<const std::byte> file);
void check_graph_tensors(std::span<const std::byte> file);
void check_npz(std::span<const std::byte> file);
void check_signal_table(std::span<const std::byte> file);
void check_signal_tensors(std::span<const std::byte> file);

}  // namespace heed::fuzz
