#pragma once
// c = op(a) op(b): b is packed into panels, a slab of columns at a time so that little is packed at
// once; then blocks of rows of a are multiplied by the panels.

#include "tensor/cpu/kernels/panel.h"
#include "tensor/cpu/kernels/threads.h"

namespace siam::cpu {
namespace {

constexpr int64_t kSlabFloats = 1 << 20;   ///< of packed b: 4 MiB
constexpr int64_t kBlockFloats = 1 << 16;  ///< of a block of rows: 256 KiB, half of a level 2
constexpr int64_t kMostRows = 16 * kRows;  ///< of a block
constexpr int64_t kPanelsAlone = 4;        ///< panels that a block of rows should be multiplied by

/// Rows [begin, begin + count) of op(a), each k floats: in place, or a copy of them.
template <class Products, class T>
void row_pointers(const MatmulShape& s, const T* a, int64_t begin, int64_t count,
                  typename Products::Element* copy, const typename Products::Element** rows) {
  using Element = typename Products::Element;
  for (int64_t i = 0; i < round_up(count, Products::kRowsOfBlock); ++i) {
    const int64_t row = min(i, count - 1);
    rows[i] = copy + row * s.k;
    if constexpr (std::is_same_v<T, Element>)
      if (!s.transpose_a) rows[i] = a + (begin + row) * s.k;
  }
  if (s.transpose_a) {
    Element column[kMostRows];
    for (int64_t l = 0; l < s.k; ++l) {
      convert(a + l * s.m + begin, count, column);
      for (int64_t i = 0; i < count; ++i) copy[i * s.k + l] = column[i];
    }
  } else if (!std::is_same_v<T, Element>) {
    convert(a + begin * s.k, count * s.k, copy);
  }
}

template <class Products = FloatProducts, class T, class Out>
void matmul(const MatmulShape& s, const T* a, const T* b, Out* c) {
  const int64_t panels = Panel::count(s.n);
  const int64_t slab = max(1, min(panels, kSlabFloats / (s.k * kColumns)));
  using Element = typename Products::Element;
  constexpr int64_t kUnit = Products::kRowsOfBlock;
  const int64_t block = min(kMostRows, max(kUnit, kBlockFloats / s.k / kUnit * kUnit));
  const int64_t blocks = ceil_div(s.m, block);
  const bool copies = s.transpose_a || !std::is_same_v<T, Element>;
  const Scratch memory(static_cast<size_t>(
      Pieces::floats<Element>(min(slab * kColumns, round_up(s.n, kLanes)) * s.k)));
  auto* packed = reinterpret_cast<Element*>(memory.data());
  const ThreadScratch scratch(Pieces::floats<Element>(copies ? block * s.k : 0) +
                              Pieces::floats(block * kColumns) + Pieces::floats<Element*>(block));
  for (int64_t first = 0; first < panels; first += slab) {
    const int64_t count = min(slab, panels - first);
    for_tasks(count, [&](int64_t i, int) {
      const Panel panel = Panel::at(first + i, s.n);
      pack_panel(b + panel.begin * (s.transpose_b ? s.k : 1), s.k, s.transpose_b ? 1 : s.n,
                 s.transpose_b ? s.k : 1, panel, packed + i * s.k * kColumns);
    });
    // Few rows: several threads share a block of them, each with some of the panels.
    const int64_t groups = max(1, min(ceil_div(count, kPanelsAlone), 2 * threads() / blocks));
    const int64_t per_group = ceil_div(count, groups);
    for_tasks(blocks * groups, [&](int64_t task, int part) {
      const int64_t begin = task / groups * block, rows = min(block, s.m - begin);
      [[maybe_unused]] const typename Products::Session session;
      Pieces pieces(scratch.at(part));
      auto* copy = pieces.take<Element>(copies ? block * s.k : 0);
      float* tile = pieces.take(block * kColumns);
      auto** pointers = pieces.take<const Element*>(block);
      row_pointers<Products>(s, a, begin, rows, copy, pointers);
      const int64_t from = task % groups * per_group, to = min(from + per_group, count);
      for (int64_t i = from; i < to; ++i) {
        const Panel panel = Panel::at(first + i, s.n);
        multiply_panel<Products>(pointers, 0, round_up(rows, kUnit), {1, 0, s.k}, panel,
                                 packed + i * s.k * kColumns, tile, kColumns);
        for (int64_t row = 0; row < rows; ++row)
          convert(tile + row * kColumns, panel.end - panel.begin,
                  c + (begin + row) * s.n + panel.begin);
      }
    });
  }
}

}  // namespace
}  // namespace siam::cpu
