#include "tensor/parallel.h"

#include <sched.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace siam {

namespace {

/// The first error of parallel work, for the thread that waits for all of it: an exception that
/// escaped from another thread would end the program.
class FirstError {
 public:
  /// Runs a piece of the work, from any thread, and keeps what it throws; does nothing if another
  /// piece has failed.
  template <class Piece>
  void attempt(const Piece& piece) {
    if (failed_.load(std::memory_order_relaxed)) return;
    try {
      piece();
    } catch (...) {
      if (!failed_.exchange(true)) error_ = std::current_exception();
    }
  }
  /// Rethrows the kept exception, if any. Call it when all pieces are finished.
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  std::atomic<bool> failed_ = false;
  std::exception_ptr error_;
};

int default_threads() {
  if (const char* asked = std::getenv("OMP_NUM_THREADS"))
    if (const int count = std::atoi(asked); count > 0) return count;
  cpu_set_t allowed;
  const int count = sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : 0;
  return count > 0 ? count : 1;
}

std::atomic<int>& thread_count() {
  static std::atomic<int> count = default_threads();
  return count;
}

/// True in a thread that is inside a loop.
thread_local bool inside = false;

/// Waits until `done()`: spins for about as long as the serial pieces between a training step's
/// loops take, then sleeps until `word` changes. Spinning longer would take the core from other
/// programs; sleeping at once would cost several hundred wake-ups per step.
template <class Done>
void wait_until(const std::atomic<uint32_t>& word, const Done& done) {
  constexpr std::chrono::microseconds kLook{100};
  const auto begin = std::chrono::steady_clock::now();
  do {
    for (int i = 0; i < 64; ++i) {
      if (done()) return;
#ifdef __x86_64__
      __builtin_ia32_pause();
#endif
    }
  } while (std::chrono::steady_clock::now() - begin < kLook);
  for (uint32_t seen = word.load(); !done(); seen = word.load()) word.wait(seen);
}

/// Threads that wait for loops. One loop at a time is open to them; they enter it as they arrive.
class Pool {
 public:
  void run(int64_t count, TaskBody body) {
    const int parts = threads();
    std::unique_lock turn(turn_, std::defer_lock);
    if (inside || parts == 1 || count <= 1 || !turn.try_lock()) {
      for (int64_t task = 0; task < count; ++task) body.call(body.body, task, 0);
      return;
    }
    while (helpers_ < parts - 1 && start_helper()) {
    }
    FirstError error;
    body_ = body;
    count_ = count;
    parts_ = parts;
    error_ = &error;
    next_ = 0;
    gate_ = kOpen;
    ++calls_;
    calls_.notify_all();
    work(0);
    gate_ &= ~kOpen;  // no thread can enter any more: wait for those inside
    wait_until(gate_, [this] { return gate_ == 0; });
    error.rethrow();
  }

 private:
  // If the system cannot start another thread, the existing ones do the work.
  bool start_helper() {
    try {
      std::thread(&Pool::help, this, helpers_ + 1).detach();
    } catch (const std::system_error&) {
      return false;
    }
    ++helpers_;
    return true;
  }

  static constexpr uint32_t kOpen = uint32_t{1} << 31;

  // Tasks in ascending order, until there are none.
  void work(int part) {
    inside = true;
    for (int64_t task = next_++; task < count_; task = next_++)
      error_->attempt([&] { body_.call(body_.body, task, part); });
    inside = false;
  }

  bool enter() {
    uint32_t gate = gate_;
    while ((gate & kOpen) != 0)
      if (gate_.compare_exchange_weak(gate, gate + 1)) return true;
    return false;
  }

  [[noreturn]] void help(int part) {
    uint32_t seen = 0;
    while (true) {
      wait_until(calls_, [&] { return calls_ != seen; });
      seen = calls_;
      if (!enter()) continue;
      if (part < parts_) work(part);
      if (--gate_ == 0) gate_.notify_all();
    }
  }

  std::mutex turn_;  ///< of the loop that is open
  int helpers_ = 0;
  TaskBody body_{};
  int64_t count_ = 0;
  int parts_ = 0;
  FirstError* error_ = nullptr;
  std::atomic<int64_t> next_ = 0;
  std::atomic<uint32_t> gate_ = 0;   ///< kOpen while a loop can be entered + helpers in it
  std::atomic<uint32_t> calls_ = 0;  ///< loops opened, for the helpers to see
};

}  // namespace

void run_tasks(int64_t count, TaskBody body) {
  static auto* pool =
      new Pool;  // never destroyed: its threads may wait in it when the program ends
  pool->run(count, body);
}

void set_threads(int count) { thread_count() = count > 0 ? count : default_threads(); }

int threads() { return thread_count(); }

}  // namespace siam
