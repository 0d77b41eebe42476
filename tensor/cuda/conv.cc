// Convolutions by cuDNN, channels-last, f32 accumulation. The algorithm of a problem is the fastest
// one that the policy allows, measured at the first call and remembered (tuner.h).

#include <functional>
#include <vector>

#include "tensor/backends.h"
#include "tensor/cuda/conv_plan.h"
#include "tensor/cuda/handles.h"
#include "tensor/cuda/library_types.h"
#include "tensor/cuda/plan_cache.h"
#include "tensor/cuda/tuning.h"

namespace siam::cuda {

namespace {

using TensorDescriptor = Owner<cudnnTensorDescriptor_t, cudnnDestroyTensorDescriptor>;
using FilterDescriptor = Owner<cudnnFilterDescriptor_t, cudnnDestroyFilterDescriptor>;
using ConvDescriptor = Owner<cudnnConvolutionDescriptor_t, cudnnDestroyConvolutionDescriptor>;

struct ConvPlan {
  TensorDescriptor x, y;
  FilterDescriptor w;
  ConvDescriptor conv;
  ConvCandidate choice{};
};

TensorDescriptor describe_image(DType type, int n, int h, int w, int c) {
  TensorDescriptor descriptor;
  CUDA_CHECK(cudnnCreateTensorDescriptor(descriptor.out()));
  CUDA_CHECK(
      cudnnSetTensor4dDescriptor(descriptor, CUDNN_TENSOR_NHWC, cudnn_type(type), n, c, h, w));
  return descriptor;
}

/// The library's ranking, in the common form.
std::vector<ConvCandidate> candidates(ConvDirection direction, const ConvPlan& plan) {
  std::vector<ConvCandidate> list;
  const auto ask = [&](auto&& heuristic, auto result, int limit) {
    std::vector<decltype(result)> results(static_cast<size_t>(limit));
    int count = 0;
    CUDA_CHECK(heuristic(limit, &count, results.data()));
    for (int i = 0; i < count; ++i) {
      const auto& r = results[static_cast<size_t>(i)];
      list.push_back({static_cast<int>(r.algo), r.memory, r.status == CUDNN_STATUS_SUCCESS,
                      r.determinism == CUDNN_DETERMINISTIC, r.mathType});
    }
  };
  switch (direction) {
    case ConvDirection::forward:
      ask(
          [&](auto... rest) {
            return cudnnGetConvolutionForwardAlgorithm_v7(cudnn(), plan.x, plan.w, plan.conv,
                                                          plan.y, rest...);
          },
          cudnnConvolutionFwdAlgoPerf_t{}, CUDNN_CONVOLUTION_FWD_ALGO_COUNT);
      break;
    case ConvDirection::backward_data:
      ask(
          [&](auto... rest) {
            return cudnnGetConvolutionBackwardDataAlgorithm_v7(cudnn(), plan.w, plan.y, plan.conv,
                                                               plan.x, rest...);
          },
          cudnnConvolutionBwdDataAlgoPerf_t{}, CUDNN_CONVOLUTION_BWD_DATA_ALGO_COUNT);
      break;
    case ConvDirection::backward_weight:
      ask(
          [&](auto... rest) {
            return cudnnGetConvolutionBackwardFilterAlgorithm_v7(cudnn(), plan.x, plan.y, plan.conv,
                                                                 plan.w, rest...);
          },
          cudnnConvolutionBwdFilterAlgoPerf_t{}, CUDNN_CONVOLUTION_BWD_FILTER_ALGO_COUNT);
      break;
  }
  return list;
}

/// Queues the convolution by the plan's choice.
using Run = std::function<void(const ConvPlan& plan)>;

ConvPlan make_plan(const ConvKey& key, const Run& run) {
  ConvPlan plan;
  const int p = (key.h + 2 * key.padding - key.r) / key.stride + 1;
  const int q = (key.w + 2 * key.padding - key.s) / key.stride + 1;
  plan.x = describe_image(key.type, key.n, key.h, key.w, key.c);
  plan.y = describe_image(key.type, key.n, p, q, key.k);
  CUDA_CHECK(cudnnCreateFilterDescriptor(plan.w.out()));
  CUDA_CHECK(cudnnSetFilter4dDescriptor(plan.w, cudnn_type(key.type), CUDNN_TENSOR_NHWC, key.k,
                                        key.c, key.r, key.s));
  CUDA_CHECK(cudnnCreateConvolutionDescriptor(plan.conv.out()));
  CUDA_CHECK(cudnnSetConvolution2dDescriptor(plan.conv, key.padding, key.padding, key.stride,
                                             key.stride, 1, 1, CUDNN_CROSS_CORRELATION,
                                             CUDNN_DATA_FLOAT));
  // cuDNN's default for f32 is to round products to TF32; FMA keeps them whole.
  const cudnnMathType_t math = key.type != DType::f32 ? CUDNN_TENSOR_OP_MATH
                               : key.policy.tf32      ? CUDNN_DEFAULT_MATH
                                                      : CUDNN_FMA_MATH;
  CUDA_CHECK(cudnnSetConvolutionMathType(plan.conv, math));
  const std::vector<ConvCandidate> list =
      usable(candidates(key.direction, plan), kConvWorkspaceCap, key.policy.deterministic);
  check(!list.empty(),
        "conv2d: cuDNN has no algorithm for x [{},{},{},{}] {}, w [{},{},{},{}] "
        "within {} MiB; use another batch size",
        key.n, key.h, key.w, key.c, key.type, key.k, key.r, key.s, key.c, kConvWorkspaceCap >> 20);
  std::vector<std::string> names;
  for (const ConvCandidate& candidate : list) names.push_back(candidate.name());
  const auto use = [&](size_t index) {
    plan.choice = list[index];
    CUDA_CHECK(cudnnSetConvolutionMathType(plan.conv, plan.choice.math));
  };
  use(tuner().choose(key.name(), names, [&](size_t index) {
    use(index);
    return device_seconds([&] { run(plan); });
  }));
  return plan;
}

/// Runs the plan of the key, which is made once and never moved afterwards. While it is made, the
/// candidates are measured on the call's own tensors: each writes the result anew.
void run_planned(const ConvKey& key, const Run& run) {
  static auto* plans = new PlanCache<ConvKey, ConvPlan>;  // never destroyed
  run(plans->get(key, [&](const ConvKey& key) { return make_plan(key, run); }));
}

Tensor workspace_of(const ConvPlan& plan) {
  return Tensor::empty({static_cast<int64_t>(plan.choice.workspace)}, DType::u8, Device::cuda);
}

const float kOne = 1, kZero = 0;

}  // namespace

void conv2d(const Tensor& x, const Tensor& w, ConvGeometry geometry, const Tensor& y) {
  if (y.numel() == 0) return;
  const ConvKey key = ConvKey::of(ConvDirection::forward, x, w.shape(), geometry, library_policy());
  run_planned(key, [&](const ConvPlan& plan) {
    const Tensor workspace = workspace_of(plan);
    CUDA_CHECK(
        cudnnConvolutionForward(cudnn(), &kOne, plan.x, x.raw(), plan.w, w.raw(), plan.conv,
                                static_cast<cudnnConvolutionFwdAlgo_t>(plan.choice.algorithm),
                                workspace.raw(), plan.choice.workspace, &kZero, plan.y, y.raw()));
  });
}

void conv2d_backward_data(const Tensor& dy, const Tensor& w, ConvGeometry geometry,
                          const Tensor& dx) {
  if (dx.numel() == 0) return;
  const ConvKey key =
      ConvKey::of(ConvDirection::backward_data, dx, w.shape(), geometry, library_policy());
  run_planned(key, [&](const ConvPlan& plan) {
    const Tensor workspace = workspace_of(plan);
    CUDA_CHECK(cudnnConvolutionBackwardData(
        cudnn(), &kOne, plan.w, w.raw(), plan.y, dy.raw(), plan.conv,
        static_cast<cudnnConvolutionBwdDataAlgo_t>(plan.choice.algorithm), workspace.raw(),
        plan.choice.workspace, &kZero, plan.x, dx.raw()));
  });
}

void conv2d_backward_weight(const Tensor& dy, const Tensor& x, ConvGeometry geometry,
                            const Tensor& dw) {
  if (x.numel() == 0) return dw.fill_zero();
  // The library sums in f32 but writes the type of x: one more rounding than the CPU's gradient
  // has.
  const bool narrow = x.dtype() != dw.dtype();
  const Tensor result = narrow ? Tensor::empty(dw.shape(), x.dtype(), Device::cuda) : dw;
  const ConvKey key =
      ConvKey::of(ConvDirection::backward_weight, x, dw.shape(), geometry, library_policy());
  run_planned(key, [&](const ConvPlan& plan) {
    const Tensor workspace = workspace_of(plan);
    CUDA_CHECK(cudnnConvolutionBackwardFilter(
        cudnn(), &kOne, plan.x, x.raw(), plan.y, dy.raw(), plan.conv,
        static_cast<cudnnConvolutionBwdFilterAlgo_t>(plan.choice.algorithm), workspace.raw(),
        plan.choice.workspace, &kZero, plan.w, result.raw()));
  });
  if (narrow) cast(result, dw);
}

}  // namespace siam::cuda
