#include "simsiam/evaluation/gram.h"

#include "tensor/parallel.h"

namespace siam {

namespace {

Tensor transposed(const Tensor& z) {
  const int64_t rows = z.dim(0), d = z.dim(1);
  const Tensor result = Tensor::empty({d, rows});
  const float* from = z.data<float>();
  float* to = result.data<float>();
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < d; ++j) to[j * rows + i] = from[i * d + j];
  return result;
}

// z^T z [d,d] in double: in f32 its rounding alone would fill the small singular values. Four rows
// at a time, so that the sums are not limited by loads and stores.
std::vector<double> gram(const Tensor& z) {
  const int64_t rows = z.dim(0), d = z.dim(1);
  const float* x = z.data<float>();
  const std::vector<float> zeros(d);
  std::vector<double> g(d * d);
  parallel_for(d, 8, [&](int64_t begin, int64_t end) {
    for (int64_t r = 0; r < rows; r += 4) {
      const auto row = [&](int64_t i) { return r + i < rows ? x + (r + i) * d : zeros.data(); };
      const float *a = row(0), *b = row(1), *c = row(2), *e = row(3);
      for (int64_t i = begin; i < end; ++i) {
        const double ai = a[i], bi = b[i], ci = c[i], ei = e[i];
        double* sums = g.data() + i * d;
        for (int64_t j = 0; j < d; ++j) sums[j] += ai * a[j] + bi * b[j] + ci * c[j] + ei * e[j];
      }
    }
  });
  return g;
}

}  // namespace

std::vector<double> smaller_gram(const Tensor& z) {
  const Tensor host = z.to(Device::cpu);
  return gram(z.dim(0) < z.dim(1) ? transposed(host) : host);
}

}  // namespace siam
