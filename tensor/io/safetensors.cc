#include "tensor/io/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "tensor/io/atomic_file.h"
#include "tensor/io/file_kind.h"
#include "tensor/io/hash.h"
#include "tensor/io/read_file.h"
#include "tensor/io/safetensors_header.h"

namespace siam {

namespace {

static_assert(std::endian::native == std::endian::little, "data is written as it lies in memory");

constexpr uint64_t kLengthBytes = 8;
constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // the limit of the Python package

const std::string kChecksum = "siam.xxh3";
const std::string kNoDigits(Checksum::kDigits, '0');

// The header with other digits for its checksum. A quote within a string is escaped in JSON, so the
// match can only be the entry itself.
std::string with_digits(std::string header, std::string_view digits) {
  const std::string entry = fmt::format("\"{}\":\"", kChecksum);
  const size_t at = header.find(entry);
  if (at != std::string::npos && header.size() - at >= entry.size() + Checksum::kDigits)
    header.replace(at + entry.size(), Checksum::kDigits, digits);
  return header;
}

// A file up to the end of its header.
class Reader {
 public:
  explicit Reader(const std::filesystem::path& path) : file_(path) {
    const auto file_bytes = static_cast<uint64_t>(file_.size());
    check(file_bytes >= kLengthBytes,
          "is {} bytes long; a safetensors file has 8 or more; use another copy", file_bytes);
    std::string start(std::min<uint64_t>(file_bytes, 32), '\0');
    read(start.data(), start.size());
    uint64_t header_bytes = 0;
    std::memcpy(&header_bytes, start.data(), kLengthBytes);
    const uint64_t rest = file_bytes - kLengthBytes;
    if (start[std::min<size_t>(kLengthBytes, start.size() - 1)] != '{') {
      const std::string_view kind = file_kind(start);
      check(kind.empty(), "is {}; a safetensors file is needed; use one, or convert it", kind);
    }
    check(header_bytes <= std::min(rest, kMaxHeaderBytes),
          "a header of {} bytes is announced, {} bytes follow; a whole safetensors file is needed; "
          "use another copy of it",
          header_bytes, rest);
    at_ = kLengthBytes;
    header_.resize(header_bytes);
    read(header_.data(), header_bytes);
    data_bytes_ = rest - header_bytes;
  }

  void read(void* to, uint64_t bytes) {
    file_.read(at_, to, static_cast<int64_t>(bytes));
    at_ += static_cast<int64_t>(bytes);
  }
  const std::string& header() const { return header_; }
  uint64_t data_bytes() const { return data_bytes_; }  ///< after the header

 private:
  RegularFile file_;
  int64_t at_ = 0;
  std::string header_;
  uint64_t data_bytes_ = 0;
};

TensorFile load(const std::filesystem::path& path, safetensors::OtherTypes others) {
  Reader reader(path);
  safetensors::Header header =
      safetensors::parse_header(reader.header(), reader.data_bytes(), others);
  TensorFile result{.metadata = std::move(header.metadata), .source = path.string()};
  Checksum checksum;
  checksum.add(with_digits(reader.header(), kNoDigits));
  for (const safetensors::Entry& entry : header.entries) {
    const Tensor tensor = Tensor::empty(entry.shape, entry.type);
    reader.read(tensor.raw(), tensor.bytes());
    checksum.add(tensor.raw(), tensor.bytes());
    if (entry.other)
      result.left_out.push_back(entry.name);
    else
      result.tensors.emplace(entry.name, tensor);
  }
  if (const auto stored = result.metadata.extract(kChecksum); !stored.empty()) {
    check(stored.mapped() == checksum.digits(),
          "its checksum is {}, that of its content {}: it was damaged or changed after it was "
          "written; an undamaged file is needed; use another copy of it",
          stored.mapped(), checksum.digits());
    result.checksummed = true;
  }
  return result;
}

// Runs `body` on a file; its errors begin with the path, once. Names in them come from the file and
// may contain line breaks or terminal control codes.
template <class Body>
auto naming(const std::filesystem::path& path, const Body& body) {
  try {
    return body(path);
  } catch (const Error& error) {
    std::string what = error.what();
    std::replace_if(
        what.begin(), what.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
    const std::string where = path.string() + ": ";
    fail("{}{}", what.starts_with(where) ? "" : where, what);
  }
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
  header.metadata[kChecksum] = kNoDigits;
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
  const auto for_data = [&](const auto& use) {
    for (const auto* each : order) {
      const Tensor host = each->second.to(Device::cpu);
      use(host.raw(), host.bytes());
    }
  };
  Checksum checksum;
  checksum.add(text);
  for_data([&](const void* data, size_t bytes) { checksum.add(data, bytes); });

  AtomicFile out(path, kLengthBytes + header_bytes + data_bytes);
  out.write(&header_bytes, kLengthBytes);
  out.write(with_digits(text, checksum.digits()));
  for_data([&](const void* data, size_t bytes) { out.write(data, bytes); });
  out.commit();
}

TensorFile load_safetensors(const std::filesystem::path& path) {
  return naming(path,
                [](const auto& file) { return load(file, safetensors::OtherTypes::refused); });
}

TensorFile load_supported(const std::filesystem::path& path) {
  return naming(path,
                [](const auto& file) { return load(file, safetensors::OtherTypes::left_out); });
}

std::map<std::string, std::string> load_metadata(const std::filesystem::path& path) {
  return naming(
      path, [](const auto& file) { return safetensors::parse_metadata(Reader(file).header()); });
}

}  // namespace siam
