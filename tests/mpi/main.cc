// Runs as several processes: mpirun -n 2 test_mpi. Each compares what the ranks compute together
// with what it computes alone.

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "tensor/device.h"
#include "tensor/print.h"
#include "tests/mpi/ranks.h"

namespace siam {

namespace {
std::unique_ptr<const Communicator> all;
}

const Communicator& ranks() { return *all; }

const std::vector<Device>& devices_of_ranks() {
  static const std::vector<Device> devices = []() -> std::vector<Device> {
    if (!ranks().all_true(cuda_available())) return {Device::cpu};
    try {
      ranks().connect(Device::cuda);
    } catch (const Error& error) {
      if (ranks().rank() == 0) print(stderr, fmt::format("on CPUs only: {}\n", error.what()));
      return {Device::cpu};
    }
    return {Device::cpu, Device::cuda};
  }();
  return devices;
}

}  // namespace siam

int main(int argc, char** argv) {
  siam::all = siam::launched_ranks();
  doctest::Context context(argc, argv);
  context.setOption("no-intro", true);
  const int status = context.run();
  // One rank's failure may leave the others waiting for it.
  if (status != 0) {
    siam::print(stderr, fmt::format("rank {} failed\n", siam::ranks().rank()));
    siam::ranks().abort(status);
  }
  siam::all.reset();
  return 0;
}
