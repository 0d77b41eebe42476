#pragma once
// The three layers that hold parameters.

#include "nn/module.h"

namespace siam {

/// Convolution without bias. Initial values: torchvision's ResNet (He et al. 2015): normal with
/// variance 2 / fan_out, fan_out = out k^2.
struct Conv2d {
  Parameter weight;  ///< [out,k,k,in]
  ConvGeometry geometry;

  Conv2d(Initializer& init, int64_t in, int64_t out, int kernel, int stride);
  /// x [N,H,W,in] -> [N,P,Q,out], padded by kernel / 2.
  Variable operator()(const Variable& x) const;
  void visit(Registry& registry) { registry.parameter("weight", weight); }
};

/// y = x W^T (+ b). Initial values: torch.nn.Linear's, uniform in +-1/sqrt(in) for both.
struct Linear {
  Parameter weight;  ///< [out,in]
  Parameter bias;    ///< [out] or undefined

  Linear(Initializer& init, int64_t in, int64_t out, bool with_bias);
  /// x [rows,in] -> [rows,out].
  Variable operator()(const Variable& x) const;
  void visit(Registry& registry);
};

/// Epilogue: fused after the normalisation.
struct Then {
  Variable residual = {};  ///< added first, if defined
  bool relu = false;
};

/// torch.nn.BatchNorm1d/2d: eps 1e-5, momentum 0.1; scale 1 and shift 0 initially.
struct BatchNorm {
  Parameter weight, bias;  ///< scale and shift [C]; undefined with affine = false
  BatchNormState state;

  explicit BatchNorm(int64_t channels, bool affine = true);
  /// x [groups N,...,C] -> the same shape; each group has its own statistics in training.
  Variable operator()(const Variable& x, Mode mode, const Then& then = {}) const;
  void visit(Registry& registry);
};

}  // namespace siam
