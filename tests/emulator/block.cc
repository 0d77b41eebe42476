#include "tests/emulator/block.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <ucontext.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <utility>
#include <vector>

uint3 threadIdx, blockIdx;
dim3 blockDim, gridDim;

namespace siam::cuda {
/// The block's dynamic shared memory (tensor/cuda/launch.h).
thread_local float dynamic_memory[227 * 1024 / 4];
}  // namespace siam::cuda

namespace emulator {

namespace {

constexpr size_t kStack = size_t{128} << 10;
constexpr size_t kSharedDefault = size_t{48} << 10, kSharedLimit = size_t{227} << 10;
constexpr unsigned kWarp = 32, kMaxThreads = 1024;

enum class State { ready, at_block_barrier, at_warp_barrier, ended };

/// The C library's own: AddressSanitizer replaces it by one that makes several system calls.
using LongJump = void (*)(jmp_buf, int);
const LongJump long_jump =
    reinterpret_cast<LongJump>(dlsym(dlopen("libc.so.6", RTLD_LAZY), "_longjmp"));

/// Switches from one stack to another. Unlike swapcontext this makes no system call.
__attribute__((noipa)) void leave(jmp_buf& here, jmp_buf& there) {
  if (_setjmp(here) == 0) long_jump(there, 1);
}

struct Thread {
  jmp_buf place;
  bool begun = false;
  uint3 index;
  State state;
  uint64_t exchanged;
  std::unique_ptr<char[]> stack{new char[kStack]};
};

[[noreturn]] void fatal(const char* what) {
  std::fprintf(stderr, "emulator: block (%u,%u,%u): %s\n", blockIdx.x, blockIdx.y, blockIdx.z,
               what);
  std::abort();
}

class Block {
 public:
  void run(const Grid& grid, const std::function<void()>& program) {
    program_ = &program;
    count_ = grid.threads.x * grid.threads.y * grid.threads.z;
    while (threads_.size() < count_) threads_.emplace_back();
    std::memset(siam::cuda::dynamic_memory, 0xff, grid.shared);
    for (unsigned i = 0; i < count_; ++i) start(i);
    bool backwards = false;
    do {
      for (unsigned i = 0; i < count_; ++i) resume(backwards ? count_ - 1 - i : i);
      backwards = !backwards;
    } while (release());
  }

  void wait(State where) {
    current_->state = where;
    leave(current_->place, scheduler_);
  }

  Thread* current_ = nullptr;
  std::vector<Thread> threads_;

 private:
  static void live();

  void start(unsigned i) {
    Thread& thread = threads_[i];
    const dim3& size = blockDim;
    thread.index = {i % size.x, i / size.x % size.y, i / size.x / size.y};
    thread.state = State::ready;
  }

  void resume(unsigned i) {
    if (threads_[i].state != State::ready) return;
    current_ = &threads_[i];
    threadIdx = current_->index;
    if (std::exchange(current_->begun, true))
      leave(scheduler_, current_->place);
    else
      begin();
  }

  // Puts the thread on its stack.
  __attribute__((noipa)) void begin() {
    ucontext_t first;
    getcontext(&first);
    first.uc_stack.ss_sp = current_->stack.get();
    first.uc_stack.ss_size = kStack;
    makecontext(&first, live, 0);
    if (_setjmp(scheduler_) == 0) setcontext(&first);
  }

  // Releases the threads that wait at a complete barrier: warps first. False when all have ended.
  bool release() {
    unsigned ended = 0, at_barrier = 0;
    bool released = false;
    for (unsigned first = 0; first < count_; first += kWarp) {
      const unsigned past = std::min(first + kWarp, count_);
      unsigned gone = 0, waiting = 0;
      for (unsigned i = first; i < past; ++i) {
        gone += threads_[i].state == State::ended;
        at_barrier += threads_[i].state == State::at_block_barrier;
        waiting += threads_[i].state == State::at_warp_barrier;
      }
      ended += gone;
      if (waiting == 0) continue;
      if (waiting + gone != past - first) continue;
      if (gone > 0) fatal("lanes ended before a shuffle of their warp");
      for (unsigned i = first; i < past; ++i) threads_[i].state = State::ready;
      released = true;
    }
    if (released) return true;
    if (ended == count_) return false;
    if (ended + at_barrier != count_) fatal("threads wait at different barriers");
    for (unsigned i = 0; i < count_; ++i)
      if (threads_[i].state == State::at_block_barrier) threads_[i].state = State::ready;
    return true;
  }

  const std::function<void()>* program_ = nullptr;
  unsigned count_ = 0;
  jmp_buf scheduler_;
};

thread_local Block block;

// A thread ends with its program and is reused for the next block's.
void Block::live() {
  for (;;) {
    (*block.program_)();
    block.wait(State::ended);
  }
}

std::map<const void*, size_t>& shared_limits() {
  static std::map<const void*, size_t> limits;
  return limits;
}

}  // namespace

void run(const Grid& grid, const std::function<void()>& program) {
  gridDim = grid.blocks;
  blockDim = grid.threads;
  for (blockIdx.z = 0; blockIdx.z < gridDim.z; ++blockIdx.z)
    for (blockIdx.y = 0; blockIdx.y < gridDim.y; ++blockIdx.y)
      for (blockIdx.x = 0; blockIdx.x < gridDim.x; ++blockIdx.x) block.run(grid, program);
}

cudaError_t check_launch(const Grid& grid, const void* kernel) {
  const auto [blocks, threads, shared] = grid;
  const auto limit = shared_limits().find(kernel);
  const bool fits = threads.x * threads.y * threads.z - 1 < kMaxThreads && threads.z <= 64 &&
                    blocks.x - 1 < 0x7fffffffu && blocks.y - 1 < 0xffffu &&
                    blocks.z - 1 < 0xffffu &&
                    shared <= (limit == shared_limits().end() ? kSharedDefault : limit->second);
  return fits ? cudaSuccess : cudaErrorInvalidConfiguration;
}

void wait_for_block() { block.wait(State::at_block_barrier); }

uint64_t exchange_in_warp(uint64_t value, const std::function<unsigned(unsigned)>& source) {
  Thread& me = *block.current_;
  const auto thread = static_cast<unsigned>(&me - block.threads_.data());
  me.exchanged = value;
  block.wait(State::at_warp_barrier);
  const unsigned lane = source(thread % kWarp);
  const uint64_t result =
      lane < kWarp ? block.threads_[thread / kWarp * kWarp + lane].exchanged : value;
  block.wait(State::at_warp_barrier);
  return result;
}

}  // namespace emulator

extern "C" cudaError_t cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute attribute,
                                            int value) {
  if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize) return cudaErrorNotSupported;
  if (value < 0 || static_cast<size_t>(value) > emulator::kSharedLimit)
    return cudaErrorInvalidValue;
  emulator::shared_limits()[kernel] = static_cast<size_t>(value);
  return cudaSuccess;
}
