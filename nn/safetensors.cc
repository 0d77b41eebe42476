#include "nn/safetensors.h"

#include <algorithm>
#include <bit>
#include <fstream>
#include <system_error>

#include "nn/atomic_file.h"
#include "nn/safetensors_header.h"

namespace siam {

namespace {

static_assert(std::endian::native == std::endian::little, "data is written as it lies in memory");

constexpr uint64_t kLengthBytes = 8;
constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // the limit of the Python package

TensorFile load(const std::filesystem::path& path) {
  std::error_code error;
  const uint64_t file_bytes = std::filesystem::file_size(path, error);
  check(!error, "cannot read: {}; a readable file is needed; check the path", error.message());
  std::ifstream file(path, std::ios::binary);
  const auto read = [&](void* to, uint64_t bytes) {
    file.read(static_cast<char*>(to), static_cast<std::streamsize>(bytes));
    check(file.good(), "cannot read {}; check its permissions and the disk", format_bytes(bytes));
  };

  check(file_bytes >= kLengthBytes,
        "is {} bytes long; a safetensors file has 8 or more; use another copy", file_bytes);
  uint64_t header_bytes = 0;
  read(&header_bytes, kLengthBytes);
  const uint64_t rest = file_bytes - kLengthBytes;
  check(
      header_bytes <= std::min(rest, kMaxHeaderBytes),
      "a header of {} bytes is announced, {} bytes follow; a whole safetensors file is needed; use "
      "another copy of it",
      header_bytes, rest);
  std::string text(header_bytes, '\0');
  read(text.data(), header_bytes);
  safetensors::Header header = safetensors::parse_header(text, rest - header_bytes);

  TensorFile result{.metadata = std::move(header.metadata), .source = path.string()};
  for (const safetensors::Entry& entry : header.entries) {
    const Tensor tensor = Tensor::empty(entry.shape, entry.type);
    read(tensor.raw(), tensor.bytes());
    result.tensors.emplace(entry.name, tensor);
  }
  return result;
}

}  // namespace

const Tensor& TensorFile::at(const std::string& name) const {
  const auto found = tensors.find(name);
  check(
      found != tensors.end(),
      "{}: there is no tensor '{}' among its {}; a file of this network is needed; use another one",
      source, name, tensors.size());
  return found->second;
}

void save_safetensors(const std::filesystem::path& path, const TensorFile& file) {
  // Wide types first, as the Python package does: every tensor is then aligned to its element size.
  std::vector<const std::pair<const std::string, Tensor>*> order;
  for (const auto& each : file.tensors) order.push_back(&each);
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return size_of(a->second.dtype()) > size_of(b->second.dtype());
  });

  safetensors::Header header{{}, file.metadata};
  uint64_t data_bytes = 0;
  for (const auto* each : order) {
    const auto& [name, tensor] = *each;
    check(tensor.defined(), "{}: tensor '{}' has no value; leave it out", path.string(), name);
    header.entries.push_back(
        {name, tensor.dtype(), tensor.shape(), data_bytes, data_bytes + tensor.bytes()});
    data_bytes += tensor.bytes();
  }
  const std::string text = safetensors::format_header(header);
  const uint64_t header_bytes = text.size();

  AtomicFile out(path, kLengthBytes + header_bytes + data_bytes);
  out.write(&header_bytes, kLengthBytes);
  out.write(text);
  for (const auto* each : order) {
    const Tensor host = each->second.to(Device::cpu);
    out.write(host.raw(), host.bytes());
  }
  out.commit();
}

TensorFile load_safetensors(const std::filesystem::path& path) {
  try {
    return load(path);
  } catch (const Error& error) {
    // Names in it come from the file and may hold line breaks or a terminal's control codes.
    std::string what = error.what();
    std::replace_if(
        what.begin(), what.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
    fail("{}: {}", path.string(), what);
  }
}

}  // namespace siam
