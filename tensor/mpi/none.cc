#include "tensor/mpi/ranks.h"

namespace siam {

std::unique_ptr<const Communicator> mpi_ranks() {
  fail(
      "{} processes were started as one program, by a build without MPI; MPI is needed for more "
      "than one; install libopenmpi-dev and run `meson setup --reconfigure build`, or start one",
      launched_processes());
}

}  // namespace siam
