#pragma once
// From the device-free interface of an op to the code that runs it. An op `f` has three
// implementations with the same signature: reference::f (plain loops: the definition), cpu::f and
// cuda::f.

#include "tensor/profile.h"
#include "tensor/tensor.h"

namespace siam {

enum class Backend { reference, cpu, cuda };

/// f64 tensors and, inside a ScopedReference, all CPU tensors: reference. There is no silent
/// fallback: in a build without CUDA no CUDA tensor can be created (no_cuda.cc).
Backend backend_of(const Tensor& tensor);

/// While it lives, ops on CPU tensors in this thread run the reference kernels.
class ScopedReference {
 public:
  ScopedReference();
  ~ScopedReference();
  ScopedReference(const ScopedReference&) = delete;

 private:
  bool previous_;
};

/// Error unless all defined tensors are on the first one's device.
void check_same_device(const char* op, std::initializer_list<const Tensor*> tensors);

/// Error unless all defined tensors are on x's device, and of its shape and type.
void check_like(const char* op, const Tensor& x, std::initializer_list<const Tensor*> tensors);

}  // namespace siam

/// SIAM_DISPATCH(x, conv2d(x, w, geometry, y)) calls reference::conv2d, cpu::conv2d or
/// cuda::conv2d, whichever handles the tensor x, and times the call if a Profile is active.
#define SIAM_DISPATCH(tensor, call)                            \
  do {                                                         \
    ::siam::KernelCall siam_kernel_call(#call, tensor);        \
    switch (::siam::backend_of(tensor)) {                      \
      case ::siam::Backend::reference: reference::call; break; \
      case ::siam::Backend::cpu: cpu::call; break;             \
      case ::siam::Backend::cuda:                              \
        if constexpr (::siam::kCudaBuild) cuda::call;          \
        break;                                                 \
    }                                                          \
    siam_kernel_call.finish();                                 \
  } while (false)
