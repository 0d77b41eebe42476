#pragma once

#include <memory>

#include "tensor/communicator.h"

namespace siam {

/// The processes of MPI_COMM_WORLD. Error in a build without MPI.
std::unique_ptr<const Communicator> mpi_ranks();

}  // namespace siam
