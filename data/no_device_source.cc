// Without CUDA nothing lives in GPU memory.

#include "data/device_source.h"
#include "data/finish_views.h"
#include "tensor/check.h"

namespace siam {

std::unique_ptr<BatchSource> make_device_source(std::shared_ptr<const Dataset>,
                                                const AugmentConfig&, const BatchConfig&, DType) {
  return nullptr;
}

TestImages device_test_images(const Dataset&, const AugmentConfig&, DType) { return {}; }

// It cannot be called: no tensors exist for it.
void finish_views(const Tensor&, const Tensor&, const AugmentConfig&, const Tensor&,
                  const Tensor&) {
  fail("finish_views: this build has no CUDA kernels");
}

}  // namespace siam
