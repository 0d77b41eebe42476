#pragma once
// Ctrl-C, and the signals by which a scheduler or a closing terminal end a program: the training
// step that is running is finished and the run saved first.

#include "tensor/check.h"

namespace siam {

/// The program ends because it was asked to; the message says how to go on.
struct Interrupted : Error {
  using Error::Error;
};

/// From now on SIGINT, SIGTERM and SIGHUP only set a flag. A second one changes nothing, so that
/// the save goes on; a third ends the process at once. A SIGHUP that is ignored (nohup) stays so.
void catch_interrupts();
/// Whether one of them has arrived.
bool interrupted();
/// 128 + the first one's number, as a shell reports it.
int interrupt_status();

}  // namespace siam
