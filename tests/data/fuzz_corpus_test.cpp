// SPDX-License-Identifier: Apache-2.0
// Replays the inputs of the fuzz targets, including all that a target ever found.
#include <algorithm>

#include "fuzz/checks.h"
#include <gtest/gtest.h>

#include "heed/core/files.h"

namespace heed::fuzz {
namespace {

void replay(const std::string& target, void (*check)(std::span<const std::byte>), size_t least) {
  const auto folder = std::filesystem::path(HEED_SOURCE_DIR) / "fuzz" / "corpus" / target;
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    SCOPED_TRACE(entry.path());
    const auto file = read_bytes(entry.path());
    EXPECT_NO_THROW(check(file));
    for (const size_t cut : {size_t{1}, file.size() / 2}) {
      EXPECT_NO_THROW(check(std::span(file).first(file.size() - std::min(cut, file.size()))));
    }
    ++count;
  }
  EXPECT_GE(count, least);
}

TEST(FuzzCorpus, MidiReaderKeepsItsPromises) {
  replay("midi_reader", check_midi_reader, 35);
}
TEST(FuzzCorpus, SafetensorsKeepsItsPromises) {
  replay("safetensors", check_safetensors, 9);
}
TEST(FuzzCorpus, GgufKeepsItsPromises) {
  replay("gguf", check_gguf, 16);
}
TEST(FuzzCorpus, ChoraleJsonKeepsItsPromises) {
  replay("chorale_json", check_chorale_json, 9);
}
TEST(FuzzCorpus, PoReaderKeepsItsPromises) {
  replay("po_reader", check_po_reader, 19);
}
TEST(FuzzCorpus, MoReaderKeepsItsPromises) {
  replay("mo_reader", check_mo_reader, 19);
}
TEST(FuzzCorpus, TsvKeepsItsPromises) {
  replay("tsv", check_tsv, 9);
  replay("records", check_records, 7);
}
TEST(FuzzCorpus, Utf8LinesKeepTheirPromises) {
  replay("utf8_lines", check_utf8_lines, 21);
}
TEST(FuzzCorpus, PngReaderKeepsItsPromises) {
  replay("png_reader", check_png_reader, 30);
}
TEST(FuzzCorpus, JpegReaderKeepsItsPromises) {
  replay("jpeg_reader", check_jpeg_reader, 13);
}
TEST(FuzzCorpus, ArchiveReaderKeepsItsPromises) {
  replay("archive_reader", check_archive_reader, 40);
}
TEST(FuzzCorpus, ByteStreamKeepsItsPromises) {
  replay("byte_stream", check_byte_stream, 15);
}
TEST(FuzzCorpus, IdxReaderKeepsItsPromises) {
  replay("idx_reader", check_idx_reader, 12);
}
TEST(FuzzCorpus, TokenizerJsonKeepsItsPromises) {
  replay("tokenizer_json", check_tokenizer_json, 12);
}
TEST(FuzzCorpus, VocabularyAndMergesKeepTheirPromises) {
  replay("vocabulary_and_merges", check_vocabulary_and_merges, 8);
}
TEST(FuzzCorpus, ByteLevelTextKeepsItsPromises) {
  replay("byte_level_text", check_byte_level_text, 8);
}
TEST(FuzzCorpus, GraphReadersKeepTheirPromises) {
  replay("graph_tables", check_graph_tables, 8);
  replay("graph_tensors", check_graph_tensors, 5);
  replay("graphml", check_graphml, 5);
  replay("node_link", check_node_link, 6);
  replay("npz", check_npz, 6);
  replay("sdf", check_sdf, 6);
  replay("smiles", check_smiles, 9);
  replay("xyz", check_xyz, 5);
}
TEST(FuzzCorpus, SphereReadersKeepTheirPromises) {
  replay("signal_table", check_signal_table, 10);
  replay("signal_tensors", check_signal_tensors, 10);
}

}  // namespace
}  // namespace heed::fuzz
