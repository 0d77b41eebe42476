#pragma once
// The fused ways of norm_conv.h, view by view: the statistics of a group of images are those of a
// convolution of their own. Declared in every build, like runtime.h.

#include <functional>

#include "tensor/norm_conv.h"

namespace siam::cuda {

enum class Fused { conv_statistics, norm_conv, norm_backward_weight, norm_backward_data };

struct FusedProblem {
  Fused what;
  Shape x, w;
  DType type;
  ConvGeometry geometry;
  int groups;
  Device device;
  bool affine = true;  ///< the norm has a scale and a shift
};

/// Whether a problem is to be computed by `fused` or by `separate`, which queue what is compared.
/// Where cuDNN can (f16 on a GPU, affine, channels a multiple of 8): as the policy says, or the
/// faster one, measured once and remembered.
bool prefers_fused(const FusedProblem& problem, const std::function<void()>& separate,
                   const std::function<void()>& fused);

ConvStatistics conv2d_with_statistics(const Tensor& x, const Tensor& w, ConvGeometry geometry,
                                      int groups);
NormConv norm_conv2d(const Tensor& x, const NormParameters& norm, const Tensor& w,
                     ConvGeometry geometry);
Tensor norm_conv2d_backward_weight(const Tensor& dy, const Tensor& x, const NormParameters& norm,
                                   const Shape& w_shape, ConvGeometry geometry);
NormConvGradient norm_conv2d_backward_data(const Tensor& dy, const Tensor& w, const Tensor& x,
                                           const NormParameters& norm, ConvGeometry geometry);

}  // namespace siam::cuda
