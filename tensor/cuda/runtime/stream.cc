#include "tensor/stream.h"

#include "tensor/cuda/runtime/handles.h"

namespace siam {

namespace {

// A stream that does not wait for the default stream.
cuda::StreamHandle make_stream() {
  cuda::device();
  cuda::StreamHandle stream;
  CUDA_CHECK(cudaStreamCreateWithFlags(stream.out(), cudaStreamNonBlocking));
  return stream;
}

thread_local const Stream::State* scoped = nullptr;

}  // namespace

struct Stream::State {
  cuda::StreamHandle handle = make_stream();
};

Stream::Stream() : state_(std::make_shared<const State>()) {}

ScopedStream::ScopedStream(const Stream& stream)
    : previous_(std::exchange(scoped, stream.state_.get())) {}
ScopedStream::~ScopedStream() { scoped = previous_; }

namespace cuda {

cudaStream_t current_stream() {
  device();
  // Never destroyed: the driver may be unloaded before static objects are.
  static const auto* shared = new Stream::State;
  return (scoped != nullptr ? scoped : shared)->handle;
}

Event make_event(unsigned flags) {
  device();
  Event event;
  CUDA_CHECK(cudaEventCreateWithFlags(event.out(), flags));
  return event;
}

cublasLtHandle_t cublas() {
  device();
  static const cublasLtHandle_t handle = [] {
    cublasLtHandle_t created = nullptr;
    CUDA_CHECK(cublasLtCreate(&created));
    return created;
  }();
  return handle;
}

cudnnHandle_t cudnn() {
  device();
  // A cuDNN handle serves one thread at a time; cuBLASLt's may be shared.
  thread_local const Owner<cudnnHandle_t, cudnnDestroy> handle = [] {
    Owner<cudnnHandle_t, cudnnDestroy> created;
    CUDA_CHECK(cudnnCreate(created.out()));
    return created;
  }();
  CUDA_CHECK(cudnnSetStream(handle, current_stream()));
  return handle;
}

}  // namespace cuda

}  // namespace siam
