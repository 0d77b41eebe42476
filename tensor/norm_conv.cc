#include "tensor/norm_conv.h"

#include "tensor/cuda/norm_conv.h"
#include "tensor/dispatch.h"

namespace siam {

namespace {

using cuda::Fused, cuda::FusedProblem;

/// What fused() gives, where a GPU can do it and it is faster than separate(); else what that
/// gives. `rest` is what follows in either case and counts as well.
template <class Separately, class Together, class Rest>
auto faster(const FusedProblem& problem, const Separately& separate, const Together& fused,
            const Rest& rest) {
  if constexpr (kCudaBuild)
    if (cuda::prefers_fused(
            problem, [&] { rest(separate()); }, [&] { rest(fused()); }))
      return fused();
  return separate();
}

constexpr auto kNothing = [](const auto&) {};

Tensor normalized(const Tensor& x, const NormParameters& norm) {
  return normalize(x, norm.statistics, norm.eps, norm.gamma, norm.beta, {}, /*relu=*/true);
}

FusedProblem problem_of(Fused what, const Tensor& x, const Shape& w, const NormParameters& norm,
                        ConvGeometry geometry) {
  return {.what = what,
          .x = x.shape(),
          .w = w,
          .type = x.dtype(),
          .geometry = geometry,
          .groups = static_cast<int>(norm.statistics.mean.dim(0)),
          .device = x.device(),
          .affine = norm.gamma.defined() && norm.beta.defined()};
}

}  // namespace

ConvStatistics conv2d_with_statistics(const Tensor& x, const Tensor& w, ConvGeometry geometry,
                                      int groups) {
  return faster(
      {Fused::conv_statistics, x.shape(), w.shape(), x.dtype(), geometry, groups, x.device()},
      [&] {
        return ConvStatistics{conv2d(x, w, geometry), {}};
      },
      [&] { return cuda::conv2d_with_statistics(x, w, geometry, groups); },
      [&](const ConvStatistics& way) {
        if (!way.statistics.mean.defined()) batch_statistics(way.y, groups);
      });
}

// The two ways differ in what the weights' gradient finds later, so that is measured with them; y
// stands in for its gradient.
NormConv norm_conv2d(const Tensor& x, const NormParameters& norm, const Tensor& w,
                     ConvGeometry geometry) {
  const FusedProblem problem = problem_of(Fused::norm_conv, x, w.shape(), norm, geometry);
  return faster(
      problem,
      [&] {
        const Tensor a = normalized(x, norm);
        return NormConv{conv2d(a, w, geometry), a, {}};
      },
      [&] { return cuda::norm_conv2d(x, norm, w, geometry); },
      [&](const NormConv& way) {
        if (!way.statistics.mean.defined()) batch_statistics(way.y, problem.groups);
        norm_conv2d_backward_weight(way.y, x, norm, way.a, w.shape(), geometry);
      });
}

Tensor norm_conv2d_backward_weight(const Tensor& dy, const Tensor& x, const NormParameters& norm,
                                   const Tensor& a, const Shape& w_shape, ConvGeometry geometry) {
  if (a.defined()) return conv2d_backward_weight(dy, a, w_shape, geometry);
  return faster(
      problem_of(Fused::norm_backward_weight, x, w_shape, norm, geometry),
      [&] { return conv2d_backward_weight(dy, normalized(x, norm), w_shape, geometry); },
      [&] { return cuda::norm_conv2d_backward_weight(dy, x, norm, w_shape, geometry); }, kNothing);
}

NormConvGradient norm_conv2d_backward_data(const Tensor& dy, const Tensor& w, const Tensor& x,
                                           const NormParameters& norm, ConvGeometry geometry) {
  return faster(
      problem_of(Fused::norm_backward_data, x, w.shape(), norm, geometry),
      [&] {
        const Tensor g = conv2d_backward_data(dy, w, x.shape(), geometry);
        return NormConvGradient{g, normalize_sums(g, x, {}, norm.statistics, norm.eps, norm.gamma,
                                                  norm.beta, /*relu=*/true)};
      },
      [&] { return cuda::norm_conv2d_backward_data(dy, w, x, norm, geometry); }, kNothing);
}

}  // namespace siam
