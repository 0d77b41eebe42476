#pragma once
// A convolution as a gather: every output is a sum over the taps of one window of the input. The
// forward pass is one gather; the data gradient of stride s is s x s of them, one for each
// remainder of the pixel's row and column modulo s, and none of their taps is wasted on a zero.

#include "tensor/cpu/kernels/kernels.h"
#include "tensor/cpu/kernels/simd.h"

namespace siam::cpu {
namespace {

/// Tap t of a window is multiplied by the filter's row first + t step.
struct Taps {
  int64_t count, first, step;
};

/// One direction, rows or columns. Output i is at out_first + i out_step and sums over taps t the
/// inputs in_first + i in_step + t, those outside [0,in) being 0; input j is at j pitch.
struct Axis {
  int64_t out, out_first, out_step;
  int64_t in, pitch, in_first, in_step;
  Taps taps;

  /// Inputs covered by `outputs` consecutive windows.
  int64_t span(int64_t outputs) const { return (outputs - 1) * in_step + taps.count; }
  bool needs_no_padding() const { return in_first >= 0 && in_first + span(out) <= in; }
};

/// y = sum_r x[p stride + r - padding].
inline Axis forward_axis(int64_t in, int64_t filter, int64_t out, int64_t stride, int64_t padding) {
  if (filter == 1 && padding == 0) return {out, 0, 1, out, stride, 0, 1, {1, 0, 1}};
  return {out, 0, 1, in, 1, -padding, stride, {filter, 0, 1}};
}

/// dx[h] for h = remainder + i stride: the filter rows r that reach it are those with
/// h + padding - r = p stride, taken from the last to the first, so that p grows by 1.
inline Axis data_gradient_axis(int64_t image, int64_t filter, int64_t out, int64_t stride,
                               int64_t padding, int64_t remainder) {
  const int64_t lowest = (remainder + padding) % stride;
  const int64_t taps = lowest < filter ? (filter - 1 - lowest) / stride + 1 : 0;
  const int64_t last = lowest + (taps - 1) * stride;
  const int64_t first = taps > 0 ? (remainder + padding - last) / stride : 0;
  return {ceil_div(image - remainder, stride),
          remainder,
          stride,
          out,
          1,
          first,
          1,
          {taps, last, -stride}};
}

/// Both directions, and the tensors [images,height,width,channels] that are read and written.
struct Gather {
  Axis h, w;
  int64_t images;
  int64_t in_height, in_width, in_channels;
  int64_t out_height, out_width, out_channels;

  int64_t taps() const { return h.taps.count * w.taps.count; }
  /// The first element of the pixel in column j of line `line`, which is an output row of an image.
  int64_t out_offset(int64_t line, int64_t j) const {
    const int64_t row = line / h.out * out_height + h.out_first + line % h.out * h.out_step;
    return (row * out_width + w.out_first + j * w.out_step) * out_channels;
  }
};

inline Gather forward_gather(const ConvShape& s) {
  return {forward_axis(s.h, s.r, s.p, s.stride, s.padding),
          forward_axis(s.w, s.s, s.q, s.stride, s.padding),
          s.n,
          s.h,
          s.w,
          s.c,
          s.p,
          s.q,
          s.k};
}

inline Gather data_gradient_gather(const ConvShape& s, int64_t row, int64_t column) {
  return {data_gradient_axis(s.h, s.r, s.p, s.stride, s.padding, row),
          data_gradient_axis(s.w, s.s, s.q, s.stride, s.padding, column),
          s.n,
          s.p,
          s.q,
          s.k,
          s.h,
          s.w,
          s.c};
}

}  // namespace
}  // namespace siam::cpu
