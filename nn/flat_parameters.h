#pragma once
// All parameters of a model in one buffer, their gradients in a second and the optimiser's momentum
// in a third: an update, a reset or a finite check is one pass over contiguous memory.

#include "nn/module.h"

namespace siam {

class FlatParameters {
 public:
  /// Moves the registry's parameters and buffers to `device`; the modules hold views from now on.
  /// With a compute type narrower than f32 they also get a rounded copy, which the optimiser keeps
  /// up to date.
  FlatParameters(const Registry& registry, Device device, DType compute);

  Tensor values, grads, momentum;  ///< f32 [size]
  Tensor half;                     ///< [size] of the compute type; undefined for f32

  struct Entry {
    std::string name;
    Shape shape;
    int64_t offset;  ///< first element in the flat buffers, a multiple of kAlignment
  };
  const std::vector<Entry>& entries() const { return entries_; }
  int64_t size() const { return values.numel(); }
  /// Number of learned values, padding not counted.
  int64_t parameter_count() const;
  /// View of one parameter in one of the flat buffers.
  Tensor view(const Tensor& flat, const Entry& entry) const;

  void zero_grad();
  /// Rounds all values into `half` again: after a checkpoint was read.
  void refresh_half();

  static constexpr int64_t kAlignment = 64;  ///< elements: 256 bytes, a GPU's and AVX-512's lines

 private:
  std::vector<Entry> entries_;
};

}  // namespace siam
