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
/// Of several processes SIGUSR1 is one too: the one that mpirun passes on without ending them.
void catch_interrupts(bool several = false);
/// Whether one of them has arrived.
bool interrupted();
/// The first one's number; 0 if none has.
int interrupt_signal();
/// As if it had arrived: it has, at a process of the same program.
void take_interrupt(int signal);
/// 128 + the first one's number, as a shell reports it.
int interrupt_status();

}  // namespace siam
