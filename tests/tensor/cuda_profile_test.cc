// Kernels timed on the GPU's own clock, without waiting for it.

#include <doctest/doctest.h>

#include <optional>

#include "tensor/graph.h"
#include "tensor/map.h"
#include "tensor/profile.h"

namespace siam {

TEST_CASE("a profile on the GPU: calls by shape, and no more than the whole") {
  const Tensor small = Tensor::zeros({8, 8}, DType::f32, Device::cuda);
  const Tensor large = Tensor::zeros({2048, 2048}, DType::f32, Device::cuda);
  // Both kernels are loaded, and the GPU is busy until the host has queued them.
  relu(add(large, large));
  for (int i = 0; i < 20; ++i) large.fill_zero();
  Profile profile(Device::cuda);
  for (int i = 0; i < 3; ++i) relu(small);
  add(large, large);
  profile.stop();
  const auto& kernels = profile.kernels();
  REQUIRE(kernels.size() == 2);
  CHECK(kernels[0].seconds >= kernels[1].seconds);
  CHECK(kernels[1].seconds > 0);
  // On a large GPU three launches take as long as processing 48 MB.
  const KernelTime& adds = kernels[kernels[0].kernel == "add" ? 0 : 1];
  const KernelTime& relus = kernels[kernels[0].kernel == "add" ? 1 : 0];
  CHECK(adds.kernel == "add");
  CHECK(adds.shape == Shape{2048, 2048});
  CHECK(adds.calls == 1);
  CHECK(relus.kernel == "relu");
  CHECK(relus.shape == Shape{8, 8});
  CHECK(relus.calls == 3);
  // An event's time is accurate to half a microsecond.
  CHECK(kernels[0].seconds + kernels[1].seconds < profile.seconds() + 4e-6);
}

// A capture fails if anything in it waits, or reads a mark.
TEST_CASE("while kernels are timed nothing waits") {
  const Tensor x = Tensor::zeros({8, 8}, DType::f32, Device::cuda);
  relu(add(x, x));  // the capture needs no new memory
  std::optional<Profile> profile;
  CHECK_NOTHROW(CapturedWork([&] {
    profile.emplace(Device::cuda);
    relu(add(x, x));
    profile.reset();
  }));
}

TEST_CASE("a capture that an exception leaves does not keep the stream") {
  struct Stop {};
  const Tensor x = Tensor::full({4}, 3, DType::f32, Device::cuda);
  CHECK_THROWS_AS(CapturedWork([&] {
                    relu(x);
                    throw Stop();
                  }),
                  Stop);
  CHECK(relu(x).to(Device::cpu).data<float>()[0] == 3);
}

}  // namespace siam
