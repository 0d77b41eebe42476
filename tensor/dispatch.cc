#include "tensor/dispatch.h"

#include <utility>

namespace siam {

namespace {

thread_local bool use_reference = false;

}  // namespace

Backend backend_of(const Tensor& tensor) {
  if (tensor.device() == Device::cuda) return Backend::cuda;
  return use_reference || tensor.dtype() == DType::f64 ? Backend::reference : Backend::cpu;
}

ScopedReference::ScopedReference() : previous_(std::exchange(use_reference, true)) {}
ScopedReference::~ScopedReference() { use_reference = previous_; }

void check_same_device(const char* op, std::initializer_list<const Tensor*> tensors) {
  const Device device = (*tensors.begin())->device();
  for (const Tensor* tensor : tensors)
    check(!tensor->defined() || tensor->device() == device,
          "{}: tensors on {} and {}; all must be on one device", op, device, tensor->device());
}

void check_like(const char* op, const Tensor& x, std::initializer_list<const Tensor*> tensors) {
  for (const Tensor* tensor : tensors) {
    if (!tensor->defined()) continue;
    check(tensor->shape() == x.shape() && tensor->dtype() == x.dtype(),
          "{}: {} {} and {} {}; equal shapes and types are needed", op, x.dtype(), x.shape(),
          tensor->dtype(), tensor->shape());
    check_same_device(op, {&x, tensor});
  }
}

}  // namespace siam
