#pragma once
// A table of f32 in a file that grows row by row, without growing in memory. The file gets its name
// in finish().

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
  /// Writes the final number of rows.
  void finish();

 protected:
  /// `rows` is the largest possible number of rows.
  FeatureFile(const std::filesystem::path& path, int64_t rows, int64_t columns);
  /// The header of a file with this many rows; the largest number has the longest.
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
/// A tensor `features` with this metadata; without the checksum that our checkpoints have, which
/// would need a second pass.
std::unique_ptr<FeatureFile> safetensors_file(const std::filesystem::path& path, int64_t rows,
                                              int64_t columns,
                                              const std::map<std::string, std::string>& metadata);

}  // namespace siam
