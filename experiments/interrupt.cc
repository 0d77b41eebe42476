#include "experiments/interrupt.h"

#include <atomic>
#include <csignal>

namespace siam {

namespace {

constexpr int kGiveUp = 3;  // signals

std::atomic<int> arrived = 0, first = 0;
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler uses them");

void on_signal(int number) {
  const int count = ++arrived;
  if (count == 1) first = number;
  if (count < kGiveUp) return;
  std::signal(number, SIG_DFL);
  std::raise(number);  // delivered when this handler returns
}

}  // namespace

void catch_interrupts(bool several) {
  struct sigaction action {
  }, before{};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;  // files being written are not disturbed
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  if (several) sigaction(SIGUSR1, &action, nullptr);
  sigaction(SIGHUP, nullptr, &before);
  if (before.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, nullptr);
}

bool interrupted() { return arrived != 0; }

int interrupt_signal() { return first; }

void take_interrupt(int signal) {
  if (arrived == 0) first = signal, arrived = 1;
}

int interrupt_status() { return 128 + first; }

}  // namespace siam
