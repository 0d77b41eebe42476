// A file of tensors, taken as it is, and assembled from a header (the first line) and data, with
// the correct header length: mutations of the text then get past the check of the length.

#include "tensor/io/safetensors.h"

#include <filesystem>

#include "simsiam/checkpoint_config.h"
#include "tests/fuzz/fuzz.h"
#include "tests/same_bits.h"

namespace siam {

namespace {

void load(const MemoryFile& file, std::string_view contents) {
  file.set(contents);
  answer_or_error([&] { load_metadata(file.path()); });
  answer_or_error([&] { load_trained(file.path(), Device::cpu); });
  answer_or_error([&] {
    const TensorFile loaded = load_safetensors(file.path());
    // Saved again, it is the same.
    static const std::string path =
        std::filesystem::temp_directory_path() / fmt::format("fuzz_safetensors.{}", getpid());
    save_safetensors(path, loaded);
    const TensorFile again = load_safetensors(path);
    std::filesystem::remove(path);
    must(again.checksummed && again.metadata == loaded.metadata &&
         again.tensors.size() == loaded.tensors.size());
    for (const auto& [name, tensor] : loaded.tensors) must(same_bits(again.at(name), tensor));
  });
}

}  // namespace

}  // namespace siam

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const siam::MemoryFile file;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  siam::load(file, input);
  const size_t line = std::min(input.find('\n'), size);
  const uint64_t length = line;
  std::string whole(reinterpret_cast<const char*>(&length), sizeof(length));
  whole += input.substr(0, line);
  if (line < size) whole += input.substr(line + 1);
  siam::load(file, whole);
  return 0;
}
