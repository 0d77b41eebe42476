#pragma once
// Scratch memory of the threads that share a loop.

#include "tensor/cpu/kernels/kernels.h"
#include "tensor/cpu/kernels/simd.h"
#include "tensor/parallel.h"

namespace siam::cpu {
namespace {

/// Memory for each part of a for_tasks.
class ThreadScratch {
 public:
  explicit ThreadScratch(int64_t floats)
      : stride_(round_up(floats, 16)), memory_(static_cast<size_t>(stride_ * threads())) {}
  float* at(int part) const { return memory_.data() + stride_ * part; }

 private:
  int64_t stride_;
  Scratch memory_;
};

/// Cuts a part into pieces, each aligned to a cache line.
class Pieces {
 public:
  explicit Pieces(float* start) : next_(start) {}
  template <class T = float>
  T* take(int64_t count) {
    float* piece = next_;
    next_ += floats<T>(count);
    return reinterpret_cast<T*>(piece);
  }
  /// Floats that take<T>(count) uses.
  template <class T = float>
  static int64_t floats(int64_t count) {
    return round_up(ceil_div(count * static_cast<int64_t>(sizeof(T)), 4), 16);
  }

 private:
  float* next_;
};

}  // namespace
}  // namespace siam::cpu
