// Convolutions by cuDNN, channels-last, f32 accumulation (tensor/conv.h).

#include "tensor/backends.h"
#include "tensor/cuda/library/conv_run.h"

namespace siam::cuda {

namespace {

void run(ConvKind kind, const Shape& x, const Shape& filter, ConvGeometry geometry, DType type,
         std::initializer_list<const Tensor*> tensors) {
  std::vector<void*> memory;
  for (const Tensor* tensor : tensors) memory.push_back(tensor->raw());
  run_conv(ConvKey::of(kind, x, filter, type, geometry, library_policy(), memory), memory);
}

}  // namespace

void conv2d(const Tensor& x, const Tensor& w, ConvGeometry geometry, const Tensor& y) {
  if (y.numel() == 0) return;
  run(ConvKind::forward, x.shape(), w.shape(), geometry, x.dtype(), {&x, &w, &y});
}

void conv2d_backward_data(const Tensor& dy, const Tensor& w, ConvGeometry geometry,
                          const Tensor& dx) {
  if (dx.numel() == 0) return;
  run(ConvKind::backward_data, dx.shape(), w.shape(), geometry, dy.dtype(), {&dy, &w, &dx});
}

void conv2d_backward_weight(const Tensor& dy, const Tensor& x, ConvGeometry geometry,
                            const Tensor& dw) {
  if (x.numel() == 0) return dw.fill_zero();
  // The library sums in f32 but writes the type of x: one more rounding than the CPU's gradient
  // has.
  const bool narrow = x.dtype() != dw.dtype();
  const Tensor result = narrow ? Tensor::empty(dw.shape(), x.dtype(), Device::cuda) : dw;
  run(ConvKind::backward_weight, x.shape(), dw.shape(), geometry, x.dtype(), {&x, &dy, &result});
  if (narrow) cast(result, dw);
}

}  // namespace siam::cuda
