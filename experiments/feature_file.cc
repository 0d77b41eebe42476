#include "experiments/feature_file.h"

#include <cstring>

#include "tensor/check.h"
#include "tensor/io/safetensors_header.h"

namespace siam {

namespace {

template <class Integer>
std::string bytes_of(Integer number) {  // little-endian, as the machine is
  std::string text(sizeof(number), '\0');
  std::memcpy(text.data(), &number, sizeof(number));
  return text;
}

// 6 bytes of magic, 2 of the version, 2 of the length of what follows: a Python dictionary, spaces,
// a line feed, so that the data begins at a multiple of 64.
class Npy : public FeatureFile {
 public:
  Npy(const std::filesystem::path& path, int64_t rows, int64_t columns)
      : FeatureFile(path, rows, columns) {
    begin(rows);
  }

 private:
  std::string header(int64_t rows) const override {
    constexpr size_t kHeader = 128, kStart = 10;
    std::string text = fmt::format(
        "{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}", rows, columns());
    text.resize(kHeader - kStart - 1, ' ');
    return std::string("\x93NUMPY\x01\x00", 8) + bytes_of(static_cast<uint16_t>(kHeader - kStart)) +
           text + '\n';
  }
};

class Safetensors : public FeatureFile {
 public:
  Safetensors(const std::filesystem::path& path, int64_t rows, int64_t columns,
              const std::map<std::string, std::string>& metadata)
      : FeatureFile(path, rows, columns), metadata_(metadata), size_(text(rows).size()) {
    begin(rows);
  }

 private:
  std::string text(int64_t rows) const {
    const auto bytes = static_cast<uint64_t>(rows * columns()) * sizeof(float);
    return safetensors::format_header(
        {{{.name = "features", .shape = {rows, columns()}, .end = bytes}}, metadata_});
  }
  std::string header(int64_t rows) const override {
    std::string padded = text(rows);
    padded.resize(size_, ' ');
    return bytes_of(static_cast<uint64_t>(size_)) + padded;
  }

  std::map<std::string, std::string> metadata_;
  size_t size_;
};

}  // namespace

FeatureFile::FeatureFile(const std::filesystem::path& path, int64_t rows, int64_t columns)
    : file_(path, static_cast<uint64_t>(rows * columns) * sizeof(float)), columns_(columns) {}

void FeatureFile::begin(int64_t rows) { file_.write(header(rows)); }

void FeatureFile::add(const Tensor& rows) {
  check(rows.dim(1) == columns_, "features: {} columns; {} are needed", rows.dim(1), columns_);
  file_.write(rows.raw(), rows.bytes());
  rows_ += rows.dim(0);
}

void FeatureFile::finish() {
  file_.write_at(0, header(rows_));
  file_.commit();
}

std::unique_ptr<FeatureFile> npy_file(const std::filesystem::path& path, int64_t rows,
                                      int64_t columns) {
  return std::make_unique<Npy>(path, rows, columns);
}

std::unique_ptr<FeatureFile> safetensors_file(const std::filesystem::path& path, int64_t rows,
                                              int64_t columns,
                                              const std::map<std::string, std::string>& metadata) {
  return std::make_unique<Safetensors>(path, rows, columns, metadata);
}

}  // namespace siam
