#pragma once
// Owners of CUDA objects, and the stream on which this thread queues its work.

#include <utility>

#include "tensor/cuda/status.h"

namespace siam::cuda {

/// Owns a handle that `Destroy` gives back.
template <class Handle, auto Destroy>
class Owner {
 public:
  Owner() = default;
  explicit Owner(Handle handle) : handle_(handle) {}
  Owner(Owner&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Owner& operator=(Owner&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Owner() {
    if (handle_ != nullptr) Destroy(handle_);
  }
  operator Handle() const { return handle_; }
  /// For creation functions that write through a pointer.
  Handle* out() { return &handle_; }

 private:
  Handle handle_ = nullptr;
};

using Stream = Owner<cudaStream_t, cudaStreamDestroy>;
using Event = Owner<cudaEvent_t, cudaEventDestroy>;
using Graph = Owner<cudaGraph_t, cudaGraphDestroy>;
using GraphExec = Owner<cudaGraphExec_t, cudaGraphExecDestroy>;

/// A stream that does not wait for the default stream.
Stream make_stream();
/// An event with CUDA's flags: cudaEventDefault measures, cudaEventDisableTiming only orders.
Event make_event(unsigned flags);

/// The stream of this thread. Until a ScopedStream says otherwise, one stream shared by all
/// threads, never the default stream: that one cannot be captured.
cudaStream_t current_stream();

/// While it lives, this thread queues its work on another stream.
class ScopedStream {
 public:
  explicit ScopedStream(cudaStream_t stream);
  ~ScopedStream();
  ScopedStream(const ScopedStream&) = delete;

 private:
  cudaStream_t previous_;
};

/// This thread's library handles; cuDNN's is bound to the current stream.
cublasLtHandle_t cublas();
cudnnHandle_t cudnn();

}  // namespace siam::cuda
