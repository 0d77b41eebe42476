#pragma once
// Parallel loops. Work is cut into tasks whose number depends on the problem alone, never on the
// number of threads, so that a sum of per-task sums has the same bits on any machine.

#include <cstdint>

namespace siam {

/// A type-erased body of for_tasks.
struct TaskBody {
  const void* body;
  void (*call)(const void* body, int64_t task, int part);
};
/// for_tasks(count, body), which see.
void run_tasks(int64_t count, TaskBody body);

/// Calls body(task, part) for each task < count; `part` is a number below threads() that no other
/// running task of this loop has. Whichever thread is free takes the next task: another program on
/// a core delays one task, not a fixed share of them. The caller works too and does not wait for
/// threads that have not begun. A loop inside another, or concurrent with one of another thread,
/// runs in its caller alone. Throws the first exception that leaves the body; tasks not yet begun
/// are then skipped.
template <class Body>
void for_tasks(int64_t count, const Body& body) {
  run_tasks(count, {&body, [](const void* untyped, int64_t task, int part) {
                      (*static_cast<const Body*>(untyped))(task, part);
                    }});
}

/// Calls body(begin, end) over the ranges [0, grain), [grain, 2 grain), ... that cover [0, n), on
/// all threads, like for_tasks.
template <class Body>
void parallel_for(int64_t n, int64_t grain, const Body& body) {
  const int64_t pieces = grain > 0 ? (n + grain - 1) / grain : n;
  if (pieces <= 1) {
    if (n > 0) body(int64_t{0}, n);
    return;
  }
  for_tasks(pieces, [&](int64_t piece, int) {
    const int64_t begin = piece * grain;
    body(begin, begin + grain < n ? begin + grain : n);
  });
}

/// Threads that for_tasks and parallel_for use; 0 restores the default: all
/// cores that the process may use, or $OMP_NUM_THREADS.
void set_threads(int count);
int threads();

}  // namespace siam
