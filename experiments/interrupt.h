#pragma once
// Ctrl-C: the training step that is running is finished and the run saved before the program ends.

#include "tensor/check.h"

namespace siam {

/// The program ends because the user asked for it; the message says how to go on.
struct Interrupted : Error {
  using Error::Error;
};

/// From now on the first SIGINT only sets a flag; a second one ends the process at once.
void catch_interrupts();
/// Whether SIGINT has arrived.
bool interrupted();

}  // namespace siam
