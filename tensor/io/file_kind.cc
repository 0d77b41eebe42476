#include "tensor/io/file_kind.h"

#include <cstddef>

namespace siam {

std::string_view file_kind(std::string_view start) {
  using namespace std::string_view_literals;
  struct Signature {
    size_t offset;
    std::string_view bytes, kind;
  };
  constexpr Signature kSignatures[] = {
      {0, "\xff\xd8"sv, kJpeg},
      {0, "\x89PNG\r\n\x1a\n"sv, kPng},
      {8, "WEBP"sv, kWebp},
      {0, "GIF8"sv, "a GIF image"},
      {0, "BM"sv, "a BMP image"},
      {0, "II*\0"sv, "a TIFF image"},
      {0, "MM\0*"sv, "a TIFF image"},
      {4, "ftypavif"sv, "an AVIF image"},
      {4, "ftyp"sv, "a HEIF image or a video"},
      {0, "PK\3\4"sv, "a zip archive, as PyTorch's .pth files are"},
      {0, "\x80\2"sv, "a Python pickle, as PyTorch's old .pth files are"},
      {0, "\x1f\x8b"sv, "a gzip file"},
      {0, "\x89HDF"sv, "an HDF5 file"},
      {0, "GGUF"sv, "a GGUF file"},
      {0, "\x93NUMPY"sv, "a NumPy array"},
      {0, "version https://git-lfs"sv, "a Git LFS pointer, not the file itself"},
      {0, "<"sv, "a page of HTML or XML"},
      {0, "{"sv, "JSON text, as the record beside a checkpoint is"},
  };
  for (const auto& [offset, bytes, kind] : kSignatures)
    if (start.size() >= offset && start.substr(offset).starts_with(bytes)) return kind;
  return {};
}

}  // namespace siam
