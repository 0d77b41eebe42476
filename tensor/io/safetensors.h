#pragma once
// Named tensors in one file, in the format of Hugging Face's safetensors, which the Python package
// of that name reads and writes:
//
//   8 bytes   length of the header, little-endian
//   header    JSON: {"__metadata__": {"key": "text"}, "name": {"dtype": "F32", "shape": [2, 3],
//             "data_offsets": [begin, end]}, ...}, padded with spaces to a multiple of 8
//   data      the elements, offsets counted from here, without gaps or overlap
//
// A file written here has one more entry in its metadata, "siam.xxh3": 16 hexadecimal digits, the
// XXH3 hash (64 bits) of everything after the length, with these digits as zeros. Other programs
// ignore it.
//
// A file is untrusted input: every field is checked before it is used.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace siam {

struct TensorFile {
  std::map<std::string, Tensor> tensors = {};
  std::map<std::string, std::string> metadata = {};
  std::string source = {};   ///< the path it was loaded from, for messages
  bool checksummed = false;  ///< it was loaded from a file with a checksum, which was correct
  std::vector<std::string> left_out = {};  ///< tensors that load_supported() did not read

  /// Error, naming `source`, if there is no tensor of that name.
  const Tensor& at(const std::string& name) const;
};

/// Writes atomically. Tensors may be on any device; one at a time is copied to the CPU.
void save_safetensors(const std::filesystem::path& path, const TensorFile& file);

/// Reads CPU tensors of types F64, F32, BF16, F16, U8 and I32, with up to Shape::kMaxRank
/// dimensions. Error for other types, for any file that violates the format, and for one whose
/// content does not match its checksum; a file may have none.
TensorFile load_safetensors(const std::filesystem::path& path);

/// The same, but tensors of other types (PyTorch's counters are I64) are left out and named.
TensorFile load_supported(const std::filesystem::path& path);

/// The metadata alone, whatever the tensors are, to find out what kind of file it is. Error as
/// above if it is not a safetensors file.
std::map<std::string, std::string> load_metadata(const std::filesystem::path& path);

}  // namespace siam
