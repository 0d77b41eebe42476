// Without a GPU the suite says so: Meson reports exit code 77 as skipped.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>

#include "tensor/device.h"

int main(int argc, char** argv) {
  if (!siam::cuda_available()) {
    std::printf("skipped: %s\n", siam::why_no_cuda().c_str());
    return 77;
  }
  return doctest::Context(argc, argv).run();
}
