// The SGD step over flat buffers (tensor/sgd.h): every buffer is read and written once.

#include "tensor/backends.h"
#include "tensor/cuda/launch.h"
#include "tensor/math.h"

namespace siam::cuda {

namespace {

/// What does not change between steps; rate and guard are read from device memory, so that a
/// captured step sees them change.
struct Constants {
  float momentum, decay, grad_scale;
  const float* rate;
  const int32_t* enabled;
};

template <int N, class Half>
__device__ void step_pack(const math::SgdStep& step, int64_t at, float* w, const float* g, float* v,
                          Half* half) {
  float ws[N], gs[N], vs[N];
  load_wide<N>(w + at, ws);
  load_wide<N>(g + at, gs);
  load_wide<N>(v + at, vs);
#pragma unroll
  for (int i = 0; i < N; ++i) step(ws[i], vs[i], gs[i]);
  store_narrow<N>(w + at, ws);
  store_narrow<N>(v + at, vs);
  if (half != nullptr) store_narrow<N>(half + at, ws);
}

template <int N, class Half>
__global__ void __launch_bounds__(kBlock)
    sgd_kernel(int64_t n, Constants c, float* w, const float* g, float* v, Half* half) {
  if (c.enabled != nullptr && *c.enabled == 0) return;
  const math::SgdStep step{*c.rate, c.momentum, c.decay, c.grad_scale};
  const int64_t thread = int64_t{blockIdx.x} * kBlock + threadIdx.x;
  const int64_t threads = int64_t{gridDim.x} * kBlock;
  for (int64_t i = thread; i < n / N; i += threads) step_pack<N>(step, i * N, w, g, v, half);
  const int64_t tail = n / N * N + thread;
  if (tail < n) step_pack<1>(step, tail, w, g, v, half);
}

}  // namespace

void sgd_step(const Tensor& w, const Tensor& g, const Tensor& v, const SgdRates& rates,
              const Tensor& half) {
  const int64_t n = w.numel();
  const Constants c{static_cast<float>(rates.momentum), static_cast<float>(rates.weight_decay),
                    static_cast<float>(rates.grad_scale), rates.learning_rate.data<float>(),
                    data_or_null<int32_t>(rates.enabled)};
  for_float(half.defined() ? half.dtype() : DType::bf16, [&]<class Half>(Half) {
    with_pack_size<float>(0, {w.raw(), g.raw(), v.raw(), half.defined() ? half.raw() : nullptr},
                          [&]<int N>(std::integral_constant<int, N>) {
                            launch(sgd_kernel<N, Half>, blocks_for((n + N - 1) / N), dim3(kBlock),
                                   n, c, w.data<float>(),
                                   static_cast<const float*>(g.data<float>()), v.data<float>(),
                                   data_or_null<Half>(half));
                          });
  });
}

}  // namespace siam::cuda
