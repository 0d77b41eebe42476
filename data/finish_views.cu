// A view of 224 pixels does not fit into shared memory, so its block works in device memory. The
// steps read and write the view at most 12 times: about 4 GB for 512 views, one millisecond beside
// a step of sixty.

#include "data/finish_views.h"

#include "data/view_block.h"
#include "tensor/cuda/thread_block.h"
#include "tensor/dispatch_types.h"
#include "tensor/profile.h"

namespace siam {

namespace {

using cuda::kBlock;

template <class T>
__global__ void __launch_bounds__(kBlock)
    finish_view(float* crops, const AugmentParameters* draws, AugmentConfig config, float* scratch,
                T* out) {
  const int64_t view = int64_t{config.size} * config.size * 3 * blockIdx.x;
  ViewProgram<cuda::ThreadBlock, T>::finish(cuda::ThreadBlock{}, crops + view, scratch + view,
                                            cuda::dynamic_shared(), config, draws[blockIdx.x],
                                            out + view);
}

}  // namespace

void finish_views(const Tensor& crops, const Tensor& draws, const AugmentConfig& config,
                  const Tensor& scratch, const Tensor& out) {
  const int weights = 2 * augment_math::blur_radius(config.max_sigma) + 1;
  const size_t shared = static_cast<size_t>(whole_groups(weights)) * sizeof(float);
  KernelCall call("finish_views", out);
  for_float(out.dtype(), [&]<class T>(T) {
    cuda::launch_with_shared(finish_view<T>, dim3(static_cast<unsigned>(out.dim(0))), dim3(kBlock),
                             shared, crops.data<float>(),
                             reinterpret_cast<const AugmentParameters*>(draws.data<uint8_t>()),
                             config, scratch.data<float>(), out.data<T>());
  });
  call.finish();
}

}  // namespace siam
