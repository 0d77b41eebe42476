// A row is read once. Its elements become candidates; whenever there are 2 k, the k largest of them
// stay, and from then on only larger elements than those are candidates. Most elements are none, so
// that a row costs little more than reading it.

#include <algorithm>
#include <functional>
#include <vector>

#include "tensor/backends.h"
#include "tensor/parallel.h"

namespace siam::cpu {

void top_k(const Tensor& x, const Tensor& values, const Tensor& columns) {
  const int64_t width = x.dim(1), k = values.dim(1);
  parallel_for(x.dim(0), 16, [&](int64_t begin, int64_t end) {
    std::vector<RankKey> candidates;
    for (int64_t r = begin; r < end; ++r) {
      const float* row = x.data<float>() + r * width;
      candidates.clear();
      uint64_t kth = 0;
      const auto keep_largest = [&] {
        const auto last = candidates.begin() + (k - 1);
        std::ranges::nth_element(candidates, last, std::greater(), &RankKey::bits);
        candidates.resize(k);
        kth = candidates.back().bits;
      };
      for (int64_t c = 0; c < width; ++c) {
        const RankKey key(row[c], c);
        if (key.bits <= kth) continue;
        candidates.push_back(key);
        if (std::ssize(candidates) == 2 * k) keep_largest();
      }
      keep_largest();
      std::ranges::sort(candidates, std::greater(), &RankKey::bits);
      for (int64_t i = 0; i < k; ++i) {
        values.data<float>()[r * k + i] = candidates[i].value();
        columns.data<int32_t>()[r * k + i] = candidates[i].column();
      }
    }
  });
}

}  // namespace siam::cpu
