#pragma once
// Extents of a tensor, outermost first. Tensors are contiguous, so the shape determines the layout.

#include <fmt/core.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>

namespace siam {

class Shape {
 public:
  static constexpr int kMaxRank = 5;

  Shape() = default;  ///< rank 0: a scalar, one element
  Shape(std::initializer_list<int64_t> dims) : Shape(std::span(dims.begin(), dims.size())) {}
  explicit Shape(std::span<const int64_t> dims);

  int rank() const { return rank_; }
  /// Extent of dimension i; negative i counts from the end, as in Python.
  int64_t operator[](int i) const { return dims_[i < 0 ? i + rank_ : i]; }
  int64_t& operator[](int i) { return dims_[i < 0 ? i + rank_ : i]; }
  /// Product of all extents; 1 for a scalar.
  int64_t numel() const;
  /// Product of all extents except the last: the rows of the tensor seen as a matrix [rows, C].
  int64_t rows() const;

  bool operator==(const Shape&) const = default;
  const int64_t* begin() const { return dims_.data(); }
  const int64_t* end() const { return dims_.data() + rank_; }

 private:
  std::array<int64_t, kMaxRank> dims_{};
  int rank_ = 0;
};

}  // namespace siam

/// Formats as [128, 32, 32, 64].
template <>
struct fmt::formatter<siam::Shape> : fmt::formatter<std::string_view> {
  fmt::format_context::iterator format(const siam::Shape& shape,
                                       fmt::format_context& context) const;
};
