#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace siam {

/// Eigenvalues, ascending, of a symmetric matrix given in full, [n,n] in double: Householder's
/// reduction to tridiagonal form, then bisection by Sturm sequences (Golub & Van Loan, 8.3.1 and
/// 8.4.1). The error of each is at most a few n times 1e-16 of the largest. The bits do not depend
/// on the number of threads.
std::vector<double> symmetric_eigenvalues(std::vector<double> matrix, int64_t n);

/// Orthonormal eigenvectors, [n] each, for given eigenvalues of the same matrix, by inverse
/// iteration (Golub & Van Loan, 7.6.1); for an eigenvalue given k times, k vectors of its
/// eigenspace. The component of largest magnitude is positive.
std::vector<std::vector<double>> symmetric_eigenvectors(const std::vector<double>& matrix,
                                                        int64_t n,
                                                        std::span<const double> eigenvalues);

}  // namespace siam
