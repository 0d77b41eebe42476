#include "experiments/nearest.h"

#include <algorithm>

#include "tensor/matmul.h"
#include "tensor/rows.h"

namespace siam {

NearestRows::NearestRows(const Tensor& queries, size_t most)
    : queries_(normalize_rows(queries)), most_(most), found_(queries.dim(0)) {}

void NearestRows::add(const Tensor& rows, std::span<const int64_t> indices,
                      std::span<const int64_t> own) {
  const Tensor similarity =
      matmul(queries_, Transpose::no, normalize_rows(rows), Transpose::yes, DType::f32)
          .to(Device::cpu);
  for (size_t q = 0; q < found_.size(); ++q) {
    auto& nearest = found_[q];
    for (size_t i = 0; i < indices.size(); ++i) {
      if (indices[i] == own[q]) continue;
      const Neighbour each{similarity.data<float>()[q * indices.size() + i], indices[i]};
      const auto place = std::find_if(nearest.begin(), nearest.end(), [&](const Neighbour& other) {
        return other.similarity < each.similarity;
      });
      nearest.insert(place, each);
      if (nearest.size() > most_) nearest.pop_back();
    }
  }
}

}  // namespace siam
