#include "nn/file_kind.h"

#include <utility>

namespace siam {

std::string_view file_kind(std::string_view start) {
  using namespace std::string_view_literals;
  constexpr std::pair<std::string_view, std::string_view> kKinds[] = {
      {"PK\3\4"sv, "a zip archive, as PyTorch's .pth files are"},
      {"\x80\2"sv, "a Python pickle, as PyTorch's old .pth files are"},
      {"\x1f\x8b"sv, "gzip data"},
      {"\x89HDF"sv, "an HDF5 file"},
      {"GGUF"sv, "a GGUF file"},
      {"\x93NUMPY"sv, "a NumPy array"},
      {"\x89PNG"sv, "a PNG image"},
      {"\xff\xd8\xff"sv, "a JPEG image"},
      {"version https://git-lfs"sv, "a Git LFS pointer, not the file itself"},
      {"<"sv, "a page of HTML or XML"},
      {"{"sv, "JSON text, as the record beside a checkpoint is"},
  };
  for (const auto& [first, kind] : kKinds)
    if (start.starts_with(first)) return kind;
  return {};
}

}  // namespace siam
