#include "tensor/shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <string>

#include "tensor/check.h"

namespace siam {

Shape::Shape(std::span<const int64_t> dims) : rank_(static_cast<int>(dims.size())) {
  check(rank_ <= kMaxRank, "shape: {} dimensions; at most {} are supported", rank_, kMaxRank);
  std::copy(dims.begin(), dims.end(), dims_.begin());
  for (int64_t extent : dims) check(extent >= 0, "shape: extent {}; extents are 0 or more", extent);
}

int64_t Shape::numel() const {
  return std::accumulate(begin(), end(), int64_t{1}, std::multiplies<>());
}

int64_t Shape::rows() const {
  return rank_ == 0 ? 1 : std::accumulate(begin(), end() - 1, int64_t{1}, std::multiplies<>());
}

}  // namespace siam

fmt::format_context::iterator fmt::formatter<siam::Shape>::format(
    const siam::Shape& shape, fmt::format_context& context) const {
  std::string text;
  for (const int64_t extent : shape) text += (text.empty() ? "" : ", ") + std::to_string(extent);
  return formatter<std::string_view>::format("[" + text + "]", context);
}
