#pragma once

#include <cstdint>
#include <vector>

namespace siam {

/// Eigenvalues, ascending, of a symmetric matrix given whole, [n,n] in double: Householder's
/// reduction to tridiagonal form, then bisection by Sturm sequences (Golub & Van Loan, 8.3.1 and
/// 8.4.1). Each is right to a few n times 1e-16 of the largest. The bits do not depend on the
/// number of threads.
std::vector<double> symmetric_eigenvalues(std::vector<double> matrix, int64_t n);

}  // namespace siam
