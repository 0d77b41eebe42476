#include <algorithm>

#include "tensor/backends.h"

namespace siam::reference {

void gather(const std::vector<Tensor>& parts, const std::vector<int64_t>& offsets,
            const Tensor& flat) {
  for (size_t i = 0; i < parts.size(); ++i)
    std::ranges::copy(parts[i].span<float>(), flat.data<float>() + offsets[i]);
}

}  // namespace siam::reference
