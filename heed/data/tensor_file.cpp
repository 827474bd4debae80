// SPDX-License-Identifier: Apache-2.0
#include "heed/data/tensor_file.h"

#include <span>
#include <utility>

#include "heed/core/error.h"
#include "heed/data/byte_stream.h"

namespace heed {
namespace {

template <class Read>
void as_data(const std::string& name, const Read& read) {
  try {
    read();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kCheckpoint) throw;
    throw Error(ErrorKind::kData, error.message(), name);
  }
}

}  // namespace

void parse_tensor_file(std::vector<std::byte> file, const std::string& name,
                       const std::function<void(const Safetensors&)>& use) {
  as_data(name, [&] { use(Safetensors::parse(std::move(file), name)); });
}

void read_tensor_file(const std::filesystem::path& path, uint64_t most_unpacked_bytes,
                      const std::function<void(const Safetensors&)>& use) {
  if (open_bytes(path).packing() == Packing::kNone)
    return as_data(path.string(), [&] { use(Safetensors::read(path)); });
  const std::string unpacked = read_unpacked(path, most_unpacked_bytes);
  const auto bytes = std::as_bytes(std::span(unpacked));
  parse_tensor_file({bytes.begin(), bytes.end()}, path.string(), use);
}

}  // namespace heed
