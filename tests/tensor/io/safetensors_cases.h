#pragma once
// Files of named tensors, intact and damaged.

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

#include "tensor/io/atomic_file.h"
#include "tensor/io/read_file.h"
#include "tensor/io/safetensors.h"
#include "tests/same_bits.h"
#include "tests/scratch.h"

namespace siam {

inline std::string error_of_load(const std::filesystem::path& path) {
  try {
    load_safetensors(path);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

inline std::string with_length(const std::string& header, const std::string& data) {
  const uint64_t length = header.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + data;
}

// The checksum under a name that is not looked up.
inline std::string without_checksum(std::string bytes) {
  const size_t at = bytes.find("siam.xxh3");
  REQUIRE(at != std::string::npos);
  return bytes.replace(at, 9, "siam.none");
}

// Not flushed to the disk: thousands of files.
inline void write_fast(const std::filesystem::path& path, const std::string& bytes) {
  FILE* file = std::fopen(path.c_str(), "wb");
  REQUIRE(file != nullptr);
  REQUIRE(std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size());
  std::fclose(file);
}

inline TensorFile example() {
  TensorFile file;
  file.tensors["conv1.weight"] =
      Tensor::from<float>({2, 1, 1, 3}, {0, -1, 0.1f, 1e-40f, INFINITY, 5});
  file.tensors["a.bytes"] = Tensor::from<uint8_t>({3}, {1, 2, 3});
  file.tensors["double"] = Tensor::from<double>({2}, {0.1, 1e300});
  file.tensors["half"] = Tensor::from<f16>({2, 1}, {f16(1.5f), f16(-2)});
  file.tensors["brain"] = Tensor::from<bf16>({1}, {bf16(3)});
  file.tensors["labels"] = Tensor::from<int32_t>({2}, {-1, 7});
  file.tensors["scalar"] = Tensor::full({}, 2.5);
  file.tensors["empty"] = Tensor::zeros({0, 4});
  file.metadata = {{"epoch", "3"}, {"text", "quote \" and \xe2\x88\x9a"}};
  return file;
}

}  // namespace siam
