#pragma once
// A table of f32 in a file that grows row by row: what is in memory does not grow with it. The file
// has its name when finish() is done.

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "tensor/io/atomic_file.h"
#include "tensor/tensor.h"

namespace siam {

class FeatureFile {
 public:
  virtual ~FeatureFile() = default;
  /// Appends rows, f32 [n,columns] on the CPU.
  void add(const Tensor& rows);
  /// Writes how many rows there are now.
  void finish();

 protected:
  /// `rows` is how many there will be at most.
  FeatureFile(const std::filesystem::path& path, int64_t rows, int64_t columns);
  /// Of a file with so many rows; none is longer than that of the most.
  virtual std::string header(int64_t rows) const = 0;
  void begin(int64_t rows);
  int64_t columns() const { return columns_; }

 private:
  AtomicFile file_;
  int64_t columns_, rows_ = 0;
};

/// numpy's format, version 1.0: `numpy.load` gives [rows,columns] of float32.
std::unique_ptr<FeatureFile> npy_file(const std::filesystem::path& path, int64_t rows,
                                      int64_t columns);
/// A tensor `features` with this metadata; without the checksum of our checkpoints, which would
/// need a second pass.
std::unique_ptr<FeatureFile> safetensors_file(const std::filesystem::path& path, int64_t rows,
                                              int64_t columns,
                                              const std::map<std::string, std::string>& metadata);

}  // namespace siam
