// A row at a time: the k largest are moved to the front, and only they are sorted.

#include <algorithm>
#include <functional>
#include <vector>

#include "tensor/backends.h"
#include "tensor/parallel.h"

namespace siam::cpu {

void top_k(const Tensor& x, const Tensor& values, const Tensor& columns) {
  const int64_t width = x.dim(1), k = values.dim(1);
  parallel_for(x.dim(0), 16, [&](int64_t begin, int64_t end) {
    std::vector<RankKey> row(width);
    for (int64_t r = begin; r < end; ++r) {
      for (int64_t c = 0; c < width; ++c) row[c] = RankKey(x.data<float>()[r * width + c], c);
      const auto kth = row.begin() + (k - 1);
      std::ranges::nth_element(row, kth, std::greater(), &RankKey::bits);
      std::ranges::sort(row.begin(), kth, std::greater(), &RankKey::bits);
      for (int64_t i = 0; i < k; ++i) {
        values.data<float>()[r * k + i] = row[i].value();
        columns.data<int32_t>()[r * k + i] = row[i].column();
      }
    }
  });
}

}  // namespace siam::cpu
