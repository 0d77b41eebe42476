// Sorts every row.

#include <algorithm>
#include <functional>
#include <vector>

#include "tensor/backends.h"

namespace siam::reference {

void top_k(const Tensor& x, const Tensor& values, const Tensor& columns) {
  const int64_t width = x.dim(1), k = values.dim(1);
  std::vector<RankKey> row;
  for (int64_t r = 0; r < x.dim(0); ++r) {
    row.clear();
    for (int64_t c = 0; c < width; ++c) row.emplace_back(x.data<float>()[r * width + c], c);
    std::ranges::sort(row, std::greater(), &RankKey::bits);
    for (int64_t i = 0; i < k; ++i) {
      values.data<float>()[r * k + i] = row[i].value();
      columns.data<int32_t>()[r * k + i] = row[i].column();
    }
  }
}

}  // namespace siam::reference
