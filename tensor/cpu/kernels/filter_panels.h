#pragma once
// Filters [K,R,S,C] as panels of the right operand: [tap row][tap column][input channel][j], j over
// the output channels of a panel. For the data gradient, inputs are the K and outputs the C.

#include "tensor/cpu/kernels/geometry.h"
#include "tensor/cpu/kernels/panel.h"

namespace siam::cpu {
namespace {

template <class T>
struct Filter {
  const T* w;
  int64_t k, r, s, c;
  bool transposed;  ///< for the data gradient

  Filter(const ConvShape& shape, const T* w, bool transposed)
      : w(w), k(shape.k), r(shape.r), s(shape.s), c(shape.c), transposed(transposed) {}

  int64_t in() const { return transposed ? k : c; }
  int64_t out() const { return transposed ? c : k; }

  /// The filter rows and columns of a gather, for one panel of the output channels.
  template <class Element>
  void pack(const Taps& rows, const Taps& columns, const Panel& panel, Element* to) const {
    for (int64_t i = 0; i < rows.count; ++i)
      for (int64_t j = 0; j < columns.count; ++j) {
        const int64_t tap = (rows.first + i * rows.step) * s + columns.first + j * columns.step;
        if (transposed)
          pack_panel(w + tap * c + panel.begin, k, r * s * c, 1, panel, to);
        else
          pack_panel(w + panel.begin * r * s * c + tap * c, c, 1, r * s * c, panel, to);
        to += in() * panel.width();
      }
  }
};

}  // namespace
}  // namespace siam::cpu
