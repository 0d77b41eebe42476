#pragma once
// Ctrl-C, and the signals with which a scheduler or a closing terminal ends a program: the current
// training step is finished and the run saved first.

#include "tensor/check.h"

namespace siam {

/// The program ends because it was asked to; the message says how to continue.
struct Interrupted : Error {
  using Error::Error;
};

/// From now on SIGINT, SIGTERM and SIGHUP only set a flag. A second one changes nothing, so that
/// the save goes on; a third ends the process at once. A SIGHUP that is ignored (nohup) stays so.
/// With several processes SIGUSR1 counts, too: mpirun passes it on without ending them.
void catch_interrupts(bool several = false);
/// Whether one of them has arrived.
bool interrupted();
/// The first one's number; 0 if none has.
int interrupt_signal();
/// As if one had arrived: it has, at another process of the same program.
void take_interrupt(int signal);
/// 128 + the first one's number, as a shell reports it.
int interrupt_status();

}  // namespace siam
