#include "simsiam/evaluation/recall.h"

#include <algorithm>

#include "tensor/matmul.h"
#include "tensor/rows.h"

namespace siam {

double recall_at_1(const Tensor& queries, const Tensor& bank) {
  check(queries.rank() == 2 && queries.shape() == bank.shape() && queries.dtype() == DType::f32 &&
            bank.dtype() == DType::f32 && queries.dim(0) >= 1,
        "recall: {} {} and {} {}; two f32 matrices [n,d] are needed, a row per image in both",
        queries.dtype(), queries.shape(), bank.dtype(), bank.shape());
  constexpr int64_t kBlock = 256;
  const Tensor a = normalize_rows(queries), b = normalize_rows(bank);
  const int64_t rows = a.dim(0);
  int64_t found = 0;
  for (int64_t begin = 0; begin < rows; begin += kBlock) {
    const int64_t end = std::min(begin + kBlock, rows);
    const Tensor cosines =
        matmul(a.rows(begin, end), Transpose::no, b, Transpose::yes, DType::f32).to(Device::cpu);
    for (int64_t i = begin; i < end; ++i) {
      const float* row = cosines.data<float>() + (i - begin) * rows;
      found += std::max_element(row, row + rows) - row == i;
    }
  }
  return 100.0 * static_cast<double>(found) / static_cast<double>(rows);
}

}  // namespace siam
