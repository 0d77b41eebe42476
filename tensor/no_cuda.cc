// The GPU interface of a build without CUDA: using it is an error that says so.

#include "tensor/check.h"
#include "tensor/fence.h"
#include "tensor/gpu_ranks.h"
#include "tensor/graph.h"
#include "tensor/memory.h"
#include "tensor/stream.h"
#include "tensor/time_mark.h"

namespace siam {

namespace {

[[noreturn]] void no_cuda() {
  fail(
      "cuda: this build has no CUDA kernels; use --device cpu, or install the CUDA toolkit and "
      "configure the build again");
}

}  // namespace

bool cuda_available() { return false; }
std::string why_no_cuda() {
  return "this build has no CUDA kernels; the CUDA toolkit is needed; install it and configure "
         "again, or use --device cpu";
}
bool cuda_serves(DType) { return false; }
void synchronize(Device) {}

void choose_gpu(int) {}
std::unique_ptr<const Transport> connect_gpus(const Communicator&) { no_cuda(); }

CachingAllocator& gpu_allocator() { no_cuda(); }
std::unique_ptr<CachingAllocator> make_memory_pool() { no_cuda(); }
CachingAllocator& pinned_allocator() { no_cuda(); }
void gpu_copy(void*, Device, const void*, Device, size_t) { no_cuda(); }
void queue_copy(void*, const void*, size_t) { no_cuda(); }
void gpu_fill(void*, int, size_t) { no_cuda(); }

Stream::Stream() { no_cuda(); }
ScopedStream::ScopedStream(const Stream&) { no_cuda(); }
ScopedStream::~ScopedStream() = default;

void Fence::mark() { no_cuda(); }
// For a fence that was never marked.
void Fence::hold_stream() const {}
void Fence::wait() const {}

CapturedWork::CapturedWork(const std::function<void()>&) { no_cuda(); }
void CapturedWork::launch() const { no_cuda(); }

struct TimeMark::Event {};
std::shared_ptr<const TimeMark::Event> TimeMark::record() { no_cuda(); }
double TimeMark::seconds_between(const Event&, const Event&) { no_cuda(); }

}  // namespace siam
