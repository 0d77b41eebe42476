#pragma once
// A convolution behind a batch norm and a ReLU, as inside a residual block, with the statistics
// that the next batch norm will ask for:
//   a = relu(normalize(x)),  y = conv2d(a, w),  statistics of y.
// Written out, a costs a pass over memory to write and two to read, and the statistics one more.
// A GPU's library may do all of it inside the convolution (f16 on an A100 or H100) and never store
// a; whether that is faster is measured. The library takes the norm's scale and shift in f16: a
// channel whose mean is many deviations from 0 loses their ratio times 2^-11 deviations, and fails
// above 65504 of them. Everywhere else these are batch_norm.h and conv.h, one
// behind the other.

#include "tensor/batch_norm.h"
#include "tensor/conv.h"

namespace siam {

/// A batch norm's parameters as `normalize` takes them.
struct NormParameters {
  BatchStatistics statistics;  ///< [G,C]
  double eps;
  Tensor gamma, beta;  ///< [C], or undefined
};

struct ConvStatistics {
  Tensor y;
  BatchStatistics statistics;  ///< of y, [G,K]; undefined where they did not come with y
};
/// conv2d(x, w); statistics of each of `groups` equal parts of y.
ConvStatistics conv2d_with_statistics(const Tensor& x, const Tensor& w, ConvGeometry geometry,
                                      int groups);

struct NormConv {
  Tensor y;
  Tensor a;                    ///< undefined where it was not stored
  BatchStatistics statistics;  ///< as in ConvStatistics, in the norm's groups
};
/// y as above.
NormConv norm_conv2d(const Tensor& x, const NormParameters& norm, const Tensor& w,
                     ConvGeometry geometry);

/// dw, as conv2d_backward_weight gives it for a, which may be undefined.
Tensor norm_conv2d_backward_weight(const Tensor& dy, const Tensor& x, const NormParameters& norm,
                                   const Tensor& a, const Shape& w_shape, ConvGeometry geometry);

struct NormConvGradient {
  Tensor g;  ///< at a; where the ReLU's mask is 0 it may be 0 already
  NormalizeSums sums;
};
/// What normalize_input_grad takes, with relu, to give dx.
NormConvGradient norm_conv2d_backward_data(const Tensor& dy, const Tensor& w, const Tensor& x,
                                           const NormParameters& norm, ConvGeometry geometry);

}  // namespace siam
