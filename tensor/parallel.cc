#include "tensor/parallel.h"

#include <omp.h>

namespace siam {

void set_threads(int count) { omp_set_num_threads(count > 0 ? count : omp_get_num_procs()); }

int threads() { return omp_get_max_threads(); }

}  // namespace siam
