#pragma once
// All parameters of a model in one buffer, their gradients in a second, the optimiser's momentum in
// a third, and the model's running statistics in a fourth: an update or a finite check is one pass
// over contiguous memory.

#include "nn/module.h"

namespace siam {

class FlatParameters {
 public:
  /// Moves the registry's parameters and buffers to `device`; the modules hold views from now on.
  /// With a compute type narrower than f32 they also get a rounded copy, which the optimiser keeps
  /// up to date. What is not `trained` by an optimiser has neither gradients nor momentum.
  FlatParameters(const Registry& registry, Device device, DType compute, bool trained = true);

  Tensor values;    ///< f32 [size]
  Tensor momentum;  ///< f32 [size]; undefined unless trained
  Tensor grads;     ///< f32 [size], filled by collect_grads(); undefined unless trained
  Tensor half;      ///< [size] of the compute type; undefined for f32

  struct Entry {
    std::string name;
    Shape shape;
    int64_t offset;  ///< first element in the flat buffers, a multiple of kAlignment
  };
  const std::vector<Entry>& entries() const { return entries_; }
  int64_t size() const { return values.numel(); }
  /// Of all buffers.
  size_t bytes() const;
  /// The registry's buffers, concatenated, f32.
  const Tensor& buffers() const { return buffers_; }
  /// View of one parameter in one of the flat buffers.
  Tensor view(const Tensor& flat, const Entry& entry) const;

  /// Forgets the gradients of all parameters.
  void zero_grad();
  /// Moves the parameters' gradients to `grads`, 0 where none has arrived.
  void collect_grads();
  /// Commits the running statistics that forward passes have written since the last call, or rolls
  /// them back where `enabled` (i32 []) is 0. Queued on the device.
  void keep_buffers(const Tensor& enabled);
  /// Adopts values and buffers that were written from outside, as when a checkpoint is read.
  void refresh();

  static constexpr int64_t kAlignment = 64;  ///< elements: 256 bytes, whole lines of a GPU and of
                                             ///< AVX-512

 private:
  std::vector<Entry> entries_;
  std::vector<Variable> leaves_;  ///< the parameters, in the order of entries_
  Tensor buffers_, kept_;         ///< f32: the model's buffers, and as last committed
};

}  // namespace siam
