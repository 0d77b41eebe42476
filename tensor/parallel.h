#pragma once
// Loops over threads. Work is cut into pieces whose number depends on the problem alone, never on
// the number of threads, so that a sum of per-piece sums has the same bits on any machine.

#include <atomic>
#include <cstdint>
#include <exception>

namespace siam {

/// What goes wrong in parallel work, for the thread that waits for all of it: an exception that
/// left one of the others would end the program. The functions are not inline, for the kernels'
/// sake (tensor/cpu/kernels/kernels.h).
class FirstError {
 public:
  FirstError();
  ~FirstError();
  FirstError(const FirstError&) = delete;

  /// Runs a piece of the work, from any thread, and keeps what it throws; nothing if another piece
  /// has failed.
  template <class Piece>
  void attempt(const Piece& piece) {
    if (failed()) return;
    try {
      piece();
    } catch (...) {
      keep();
    }
  }
  /// Throws the first exception that was kept, if any. To be called when all pieces are over.
  void rethrow() const;

 private:
  bool failed() const;
  void keep();

  std::atomic<bool> failed_ = false;
  std::exception_ptr error_;
};

/// Calls body(begin, end) over the ranges [0, grain), [grain, 2 grain), ... that cover [0, n), on
/// all threads. Throws the first exception that leaves the body; pieces not yet begun are then left
/// out.
template <class Body>
void parallel_for(int64_t n, int64_t grain, const Body& body) {
  const int64_t pieces = grain > 0 ? (n + grain - 1) / grain : n;
  if (pieces <= 1) {
    if (n > 0) body(int64_t{0}, n);
    return;
  }
  FirstError error;
#pragma omp parallel for schedule(static)
  for (int64_t piece = 0; piece < pieces; ++piece) {
    const int64_t begin = piece * grain;
    error.attempt([&] { body(begin, begin + grain < n ? begin + grain : n); });
  }
  error.rethrow();
}

/// Threads that parallel_for and the math library use; 0 restores the default (all cores).
void set_threads(int count);
int threads();

}  // namespace siam
