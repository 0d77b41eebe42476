// The part of cuDNN that tensor/cuda/conv.cc calls: channels-last convolutions, summed in f32.

#include <cudnn.h>

#include <vector>

#include "tests/emulator/element.h"
#include "tests/emulator/stream.h"

struct cudnnContext {
  cudaStream_t stream = nullptr;
};
struct cudnnTensorStruct {
  siam::DType type;
  int n, c, h, w;
  int64_t at(int image, int y, int x, int channel) const {
    return ((int64_t{image} * h + y) * w + x) * c + channel;
  }
};
struct cudnnFilterStruct {
  siam::DType type;
  int k, c, r, s;
  int64_t at(int filter, int y, int x, int channel) const {
    return ((int64_t{filter} * r + y) * s + x) * c + channel;
  }
};
struct cudnnConvolutionStruct {
  int padding, stride;
};

namespace {

siam::DType type_of(cudnnDataType_t type) {
  return type == CUDNN_DATA_BFLOAT16 ? siam::DType::bf16
         : type == CUDNN_DATA_HALF   ? siam::DType::f16
                                     : siam::DType::f32;
}

struct Problem {
  cudnnTensorStruct x;
  cudnnFilterStruct w;
  cudnnConvolutionStruct conv;
  cudnnTensorStruct y;

  bool fits() const {
    const auto extent = [&](int size, int window) {
      return (size + 2 * conv.padding - window) / conv.stride + 1;
    };
    return x.type == w.type && x.type == y.type && x.c == w.c && y.c == w.k && x.n == y.n &&
           y.h == extent(x.h, w.r) && y.w == extent(x.w, w.s);
  }
  /// body(n, p, q, r, s, h, w) for every tap inside the image, of all output pixels.
  template <class Body>
  void taps(const Body& body) const {
    for (int n = 0; n < x.n; ++n)
      for (int p = 0; p < y.h; ++p)
        for (int q = 0; q < y.w; ++q)
          for (int r = 0; r < w.r; ++r)
            for (int s = 0; s < w.s; ++s) {
              const int h = p * conv.stride + r - conv.padding;
              const int v = q * conv.stride + s - conv.padding;
              if (0 <= h && h < x.h && 0 <= v && v < x.w) body(n, p, q, r, s, h, v);
            }
  }
};

std::vector<float> wide(const void* data, siam::DType type, int64_t count) {
  std::vector<float> values(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i)
    values[static_cast<size_t>(i)] = emulator::read(data, type, i);
  return values;
}
void narrow(const std::vector<float>& values, void* data, siam::DType type) {
  for (size_t i = 0; i < values.size(); ++i)
    emulator::write(data, type, static_cast<int64_t>(i), values[i]);
}
int64_t count(const cudnnTensorStruct& t) { return t.at(t.n - 1, t.h - 1, t.w - 1, t.c - 1) + 1; }
int64_t count(const cudnnFilterStruct& t) { return t.at(t.k - 1, t.r - 1, t.s - 1, t.c - 1) + 1; }

/// term(y element, x element, w element) for every product of the convolution.
template <class Term>
void products(const Problem& p, const Term& term) {
  p.taps([&](int n, int yh, int yw, int r, int s, int h, int v) {
    for (int k = 0; k < p.w.k; ++k)
      for (int c = 0; c < p.w.c; ++c)
        term(static_cast<size_t>(p.y.at(n, yh, yw, k)), static_cast<size_t>(p.x.at(n, h, v, c)),
             static_cast<size_t>(p.w.at(k, r, s, c)));
  });
}

bool scaled_by_one(const void* alpha, const void* beta) {
  return *static_cast<const float*>(alpha) == 1 && *static_cast<const float*>(beta) == 0;
}

// Two algorithms that do the same, and one that is not deterministic and must not be chosen.
template <class Result, class Algorithm>
cudnnStatus_t list_algorithms(int limit, int* found, Result* results) {
  *found = limit < 3 ? limit : 3;
  for (int i = 0; i < *found; ++i) {
    results[i] = {};
    results[i].algo = static_cast<Algorithm>(i);
    results[i].status = CUDNN_STATUS_SUCCESS;
    results[i].memory = 512;
    results[i].determinism = i == 0 ? CUDNN_NON_DETERMINISTIC : CUDNN_DETERMINISTIC;
  }
  return CUDNN_STATUS_SUCCESS;
}

template <class T>
cudnnStatus_t create(T** handle) {
  *handle = new T{};
  return CUDNN_STATUS_SUCCESS;
}
template <class T>
cudnnStatus_t destroy(T* handle) {
  delete handle;
  return CUDNN_STATUS_SUCCESS;
}

}  // namespace

extern "C" {

size_t cudnnGetVersion() { return 0; }
const char* cudnnGetErrorString(cudnnStatus_t) { return "an error of the emulator"; }
void cudnnGetLastErrorString(char* message, size_t size) {
  if (size > 0) *message = 0;
}
cudnnStatus_t cudnnCreate(cudnnHandle_t* handle) { return create(handle); }
cudnnStatus_t cudnnDestroy(cudnnHandle_t handle) { return destroy(handle); }
cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, cudaStream_t stream) {
  handle->stream = stream;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnCreateTensorDescriptor(cudnnTensorDescriptor_t* t) { return create(t); }
cudnnStatus_t cudnnDestroyTensorDescriptor(cudnnTensorDescriptor_t t) { return destroy(t); }
cudnnStatus_t cudnnSetTensor4dDescriptor(cudnnTensorDescriptor_t t, cudnnTensorFormat_t format,
                                         cudnnDataType_t type, int n, int c, int h, int w) {
  if (format != CUDNN_TENSOR_NHWC || n < 1 || c < 1 || h < 1 || w < 1)
    return CUDNN_STATUS_BAD_PARAM;
  *t = {type_of(type), n, c, h, w};
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnCreateFilterDescriptor(cudnnFilterDescriptor_t* w) { return create(w); }
cudnnStatus_t cudnnDestroyFilterDescriptor(cudnnFilterDescriptor_t w) { return destroy(w); }
cudnnStatus_t cudnnSetFilter4dDescriptor(cudnnFilterDescriptor_t w, cudnnDataType_t type,
                                         cudnnTensorFormat_t format, int k, int c, int r, int s) {
  if (format != CUDNN_TENSOR_NHWC) return CUDNN_STATUS_BAD_PARAM;
  *w = {type_of(type), k, c, r, s};
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnCreateConvolutionDescriptor(cudnnConvolutionDescriptor_t* c) {
  return create(c);
}
cudnnStatus_t cudnnDestroyConvolutionDescriptor(cudnnConvolutionDescriptor_t c) {
  return destroy(c);
}
cudnnStatus_t cudnnSetConvolution2dDescriptor(cudnnConvolutionDescriptor_t c, int pad_h, int pad_w,
                                              int stride_h, int stride_w, int dilation_h,
                                              int dilation_w, cudnnConvolutionMode_t mode,
                                              cudnnDataType_t compute) {
  if (pad_h != pad_w || stride_h != stride_w || dilation_h != 1 || dilation_w != 1 ||
      mode != CUDNN_CROSS_CORRELATION || compute != CUDNN_DATA_FLOAT)
    return CUDNN_STATUS_NOT_SUPPORTED;
  *c = {pad_h, stride_h};
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetConvolutionMathType(cudnnConvolutionDescriptor_t, cudnnMathType_t) {
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetConvolutionForwardAlgorithm_v7(cudnnHandle_t, const cudnnTensorDescriptor_t,
                                                     const cudnnFilterDescriptor_t,
                                                     const cudnnConvolutionDescriptor_t,
                                                     const cudnnTensorDescriptor_t, const int limit,
                                                     int* found,
                                                     cudnnConvolutionFwdAlgoPerf_t* results) {
  return list_algorithms<cudnnConvolutionFwdAlgoPerf_t, cudnnConvolutionFwdAlgo_t>(limit, found,
                                                                                   results);
}
cudnnStatus_t cudnnGetConvolutionBackwardDataAlgorithm_v7(
    cudnnHandle_t, const cudnnFilterDescriptor_t, const cudnnTensorDescriptor_t,
    const cudnnConvolutionDescriptor_t, const cudnnTensorDescriptor_t, const int limit, int* found,
    cudnnConvolutionBwdDataAlgoPerf_t* results) {
  return list_algorithms<cudnnConvolutionBwdDataAlgoPerf_t, cudnnConvolutionBwdDataAlgo_t>(
      limit, found, results);
}
cudnnStatus_t cudnnGetConvolutionBackwardFilterAlgorithm_v7(
    cudnnHandle_t, const cudnnTensorDescriptor_t, const cudnnTensorDescriptor_t,
    const cudnnConvolutionDescriptor_t, const cudnnFilterDescriptor_t, const int limit, int* found,
    cudnnConvolutionBwdFilterAlgoPerf_t* results) {
  return list_algorithms<cudnnConvolutionBwdFilterAlgoPerf_t, cudnnConvolutionBwdFilterAlgo_t>(
      limit, found, results);
}

cudnnStatus_t cudnnConvolutionForward(cudnnHandle_t handle, const void* alpha,
                                      const cudnnTensorDescriptor_t x_desc, const void* x,
                                      const cudnnFilterDescriptor_t w_desc, const void* w,
                                      const cudnnConvolutionDescriptor_t conv,
                                      cudnnConvolutionFwdAlgo_t algorithm, void*, size_t,
                                      const void* beta, const cudnnTensorDescriptor_t y_desc,
                                      void* y) {
  const Problem p{*x_desc, *w_desc, *conv, *y_desc};
  if (!p.fits() || !scaled_by_one(alpha, beta) || algorithm == 0) return CUDNN_STATUS_BAD_PARAM;
  emulator::enqueue(handle->stream, [=] {
    const std::vector<float> xs = wide(x, p.x.type, count(p.x)), ws = wide(w, p.w.type, count(p.w));
    std::vector<float> sums(static_cast<size_t>(count(p.y)));
    products(p, [&](size_t at, size_t i, size_t j) { sums[at] += xs[i] * ws[j]; });
    narrow(sums, y, p.y.type);
  });
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnConvolutionBackwardData(cudnnHandle_t handle, const void* alpha,
                                           const cudnnFilterDescriptor_t w_desc, const void* w,
                                           const cudnnTensorDescriptor_t dy_desc, const void* dy,
                                           const cudnnConvolutionDescriptor_t conv,
                                           cudnnConvolutionBwdDataAlgo_t algorithm, void*, size_t,
                                           const void* beta, const cudnnTensorDescriptor_t dx_desc,
                                           void* dx) {
  const Problem p{*dx_desc, *w_desc, *conv, *dy_desc};
  if (!p.fits() || !scaled_by_one(alpha, beta) || algorithm == 0) return CUDNN_STATUS_BAD_PARAM;
  emulator::enqueue(handle->stream, [=] {
    const std::vector<float> ys = wide(dy, p.y.type, count(p.y)),
                             ws = wide(w, p.w.type, count(p.w));
    std::vector<float> sums(static_cast<size_t>(count(p.x)));
    products(p, [&](size_t i, size_t at, size_t j) { sums[at] += ys[i] * ws[j]; });
    narrow(sums, dx, p.x.type);
  });
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnConvolutionBackwardFilter(cudnnHandle_t handle, const void* alpha,
                                             const cudnnTensorDescriptor_t x_desc, const void* x,
                                             const cudnnTensorDescriptor_t dy_desc, const void* dy,
                                             const cudnnConvolutionDescriptor_t conv,
                                             cudnnConvolutionBwdFilterAlgo_t algorithm, void*,
                                             size_t, const void* beta,
                                             const cudnnFilterDescriptor_t dw_desc, void* dw) {
  const Problem p{*x_desc, *dw_desc, *conv, *dy_desc};
  if (!p.fits() || !scaled_by_one(alpha, beta) || algorithm == 0) return CUDNN_STATUS_BAD_PARAM;
  emulator::enqueue(handle->stream, [=] {
    const std::vector<float> xs = wide(x, p.x.type, count(p.x)),
                             ys = wide(dy, p.y.type, count(p.y));
    std::vector<float> sums(static_cast<size_t>(count(p.w)));
    products(p, [&](size_t i, size_t j, size_t at) { sums[at] += ys[i] * xs[j]; });
    narrow(sums, dw, p.w.type);
  });
  return CUDNN_STATUS_SUCCESS;
}

}  // extern "C"
