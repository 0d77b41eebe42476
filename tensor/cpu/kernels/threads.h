#pragma once
// Tasks on all threads, and the threads' scratch memory.

#include <omp.h>

#include "tensor/cpu/kernels/kernels.h"
#include "tensor/cpu/kernels/simd.h"
#include "tensor/parallel.h"

namespace siam::cpu {
namespace {

/// Calls body(task, part) for each task < count; `part` is a number below threads() that no other
/// running task has. Whichever thread is free takes the next one: another program on a core delays
/// one task, not a share of all. No two tasks write the same element, so who does what leaves no
/// trace in the bits. Throws the first exception that leaves the body, as parallel_for does.
template <class Body>
void for_tasks(int64_t count, const Body& body) {
  if (count == 1) return body(int64_t{0}, 0);
  FirstError error;
#pragma omp parallel for schedule(dynamic)
  for (int64_t task = 0; task < count; ++task)
    error.attempt([&] { body(task, omp_get_thread_num()); });
  error.rethrow();
}

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
