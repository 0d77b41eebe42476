#include "tensor/parallel.h"

#include <omp.h>

namespace siam {

FirstError::FirstError() = default;
FirstError::~FirstError() = default;

bool FirstError::failed() const { return failed_.load(std::memory_order_relaxed); }

void FirstError::keep() {
  if (!failed_.exchange(true)) error_ = std::current_exception();
}

void FirstError::rethrow() const {
  if (error_) std::rethrow_exception(error_);
}

void set_threads(int count) { omp_set_num_threads(count > 0 ? count : omp_get_num_procs()); }

int threads() { return omp_get_max_threads(); }

}  // namespace siam
