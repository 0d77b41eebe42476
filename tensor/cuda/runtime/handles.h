#pragma once
// Owners of CUDA objects, and the stream on which this thread queues its work.

#include <utility>

#include "tensor/cuda/runtime/status.h"

namespace siam::cuda {

/// Owns a handle that `Destroy` releases.
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

using StreamHandle = Owner<cudaStream_t, cudaStreamDestroy>;
using Event = Owner<cudaEvent_t, cudaEventDestroy>;
using Graph = Owner<cudaGraph_t, cudaGraphDestroy>;
using GraphExec = Owner<cudaGraphExec_t, cudaGraphExecDestroy>;

/// The GPU of this process (choose_gpu(), tensor/gpu_ranks.h). CUDA keeps a current one for each
/// thread, initially GPU 0: code that needs it calls this, or current_stream(), in any thread.
int device();

/// An event with CUDA's flags: cudaEventDefault measures, cudaEventDisableTiming only orders.
Event make_event(unsigned flags);

/// The stream of this thread (tensor/stream.h). The one that threads share is not the default
/// stream, which cannot be captured.
cudaStream_t current_stream();

/// This thread's library handles; cuDNN's is bound to the current stream.
cublasLtHandle_t cublas();
cudnnHandle_t cudnn();

/// Error if this GPU's libraries do not support the type.
void check_served(DType type);

}  // namespace siam::cuda
