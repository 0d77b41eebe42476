#include "experiments/interrupt.h"

#include <csignal>

namespace siam {

namespace {

volatile std::sig_atomic_t arrived = 0;

}  // namespace

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = [](int) { arrived = 1; };
  // RESETHAND: the second signal finds the default. RESTART: files being written are not disturbed.
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
}

bool interrupted() { return arrived != 0; }

}  // namespace siam
