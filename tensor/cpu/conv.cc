// Who computes convolutions and matrix products on the CPU: oneDNN where it is built in and knows
// the type, the plain loops otherwise.

#include "tensor/backends.h"
#include "tensor/cpu/onednn.h"
#include "tensor/cpu/plain.h"

namespace siam::cpu {

#ifdef SIAM_ONEDNN

namespace fast = onednn;

bool bf16_supported() { return __builtin_cpu_supports("avx512bf16"); }

namespace {

bool served_by_onednn(const Tensor& a, const Tensor& b, const Tensor& c) {
  if (a.dtype() == DType::f16 || !a.numel() || !b.numel() || !c.numel()) return false;
  check(a.dtype() != DType::bf16 || bf16_supported(),
        "bf16: this CPU has no avx512_bf16; use --precision f32");
  return true;
}

// oneDNN 2.6's strided bf16 weight gradient leaves the filter columns unwritten that meet nothing
// but padding, which happens only where the image is narrower than the filter or the stride.
bool leaves_columns_unwritten(const Tensor& dy, const Tensor& x, ConvGeometry g, const Tensor& dw) {
  if (x.dtype() != DType::bf16 || g.stride == 1) return false;
  for (int64_t s = 0; s < dw.dim(2); ++s) {
    bool meets_image = false;
    for (int64_t q = 0; q < dy.dim(2) && !meets_image; ++q) {
      const int64_t column = q * g.stride + s - g.padding;
      meets_image = 0 <= column && column < x.dim(2);
    }
    if (!meets_image) return true;
  }
  return false;
}

// oneDNN's weight gradient of a strided 1x1 convolution writes outside its scratchpad where the
// images have fewer channels than its vectors (github.com/uxlfoundation/oneDNN/issues/6035).
bool overruns_scratchpad(ConvGeometry g, const Tensor& dw) {
  return g.stride > 1 && dw.dim(1) == 1 && dw.dim(2) == 1 && dw.dim(3) < 16;
}

}  // namespace

#else

namespace fast = plain;

bool bf16_supported() { return true; }
std::vector<std::string> onednn_implementations() { return {}; }
ScopedConvAlgorithm::ScopedConvAlgorithm(ConvAlgorithm algorithm) : previous_(algorithm) {}
ScopedConvAlgorithm::~ScopedConvAlgorithm() = default;

namespace {

bool served_by_onednn(const Tensor&, const Tensor&, const Tensor&) { return false; }
bool leaves_columns_unwritten(const Tensor&, const Tensor&, ConvGeometry, const Tensor&) {
  return false;
}
bool overruns_scratchpad(ConvGeometry, const Tensor&) { return false; }

}  // namespace

#endif

void conv2d(const Tensor& x, const Tensor& w, ConvGeometry geometry, const Tensor& y) {
  (served_by_onednn(x, w, y) ? fast::conv2d : plain::conv2d)(x, w, geometry, y);
}

void conv2d_backward_data(const Tensor& dy, const Tensor& w, ConvGeometry geometry,
                          const Tensor& dx) {
  (served_by_onednn(dy, w, dx) ? fast::conv2d_backward_data : plain::conv2d_backward_data)(
      dy, w, geometry, dx);
}

void conv2d_backward_weight(const Tensor& dy, const Tensor& x, ConvGeometry geometry,
                            const Tensor& dw) {
  const bool served = served_by_onednn(dy, x, dw) &&
                      !leaves_columns_unwritten(dy, x, geometry, dw) &&
                      !overruns_scratchpad(geometry, dw);
  (served ? fast::conv2d_backward_weight : plain::conv2d_backward_weight)(dy, x, geometry, dw);
}

void matmul(const Tensor& a, Transpose ta, const Tensor& b, Transpose tb, const Tensor& c) {
  (served_by_onednn(a, b, c) ? fast::matmul : plain::matmul)(a, ta, b, tb, c);
}

}  // namespace siam::cpu
