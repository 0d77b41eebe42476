#include "tensor/profile.h"

#include <doctest/doctest.h>

#include <memory>
#include <sstream>
#include <thread>

#include "tensor/map.h"
#include "tensor/matmul.h"

namespace siam {

namespace {

double sum_of(const std::vector<KernelTime>& kernels) {
  double sum = 0;
  for (const KernelTime& each : kernels) sum += each.seconds;
  return sum;
}

// A table without its layout.
std::string words(const std::string& table) {
  std::istringstream in(table);
  std::string all, word;
  while (in >> word) all += word + ' ';
  return all;
}

}  // namespace

TEST_CASE("a profile has every kernel of its thread with calls, shape and time, longest first") {
  const Tensor small = Tensor::zeros({2, 3}), large = Tensor::zeros({300, 300});
  relu(large);
  Profile profile(Device::cpu);
  relu(small);
  relu(small);
  matmul(large, Transpose::no, large, Transpose::no, DType::f32);
  std::thread([&] { relu(large); }).join();
  profile.stop();
  relu(large);
  const auto& kernels = profile.kernels();
  REQUIRE(kernels.size() == 2);
  CHECK(kernels[0].kernel == "matmul");
  CHECK(kernels[0].shape == Shape{300, 300});
  CHECK(kernels[0].calls == 1);
  CHECK(kernels[1].kernel == "relu");
  CHECK(kernels[1].shape == Shape{2, 3});
  CHECK(kernels[1].calls == 2);
  CHECK(kernels[0].seconds > kernels[1].seconds);
  CHECK(sum_of(kernels) <= profile.seconds());
}

TEST_CASE("a kernel inside another one counts once, and a kernel that fails does not") {
  const Tensor x = Tensor::zeros({2});
  Profile profile(Device::cpu);
  const auto outer = [&] {
    KernelCall call("outer", x);
    relu(x);
    call.finish();
  };
  const auto failing = [&] {
    KernelCall call("failing(x)", x);
    fail("as it should");
  };
  outer();
  CHECK_THROWS_AS(failing(), Error);
  outer();
  profile.stop();
  REQUIRE(profile.kernels().size() == 1);
  CHECK(profile.kernels()[0].kernel == "outer");
  CHECK(profile.kernels()[0].calls == 2);
}

TEST_CASE("one profile at a time in a thread") {
  {
    const Profile profile(Device::cpu);
    CHECK_THROWS_AS(Profile(Device::cpu), Error);
  }
  CHECK_NOTHROW(Profile(Device::cpu));
}

TEST_CASE("the end of a profile that has stopped leaves the next one alone") {
  auto first = std::make_unique<Profile>(Device::cpu);
  first->stop();
  Profile second(Device::cpu);
  first.reset();
  relu(Tensor::zeros({2, 3}));
  second.stop();
  CHECK(second.kernels().size() == 1);
}

TEST_CASE("the table's shares are of the whole, and what is in no kernel has a line") {
  const std::vector<KernelTime> kernels = {
      {"conv2d", {8, 4, 4, 3}, 4, 0.6}, {"relu", {8, 4}, 2, 0.2}, {"conv2d", {8, 2, 2, 3}, 2, 0.1}};
  const std::vector<KernelTime> sums = by_kernel(kernels);
  REQUIRE(sums.size() == 2);
  CHECK(sums[0].kernel == "conv2d");
  CHECK(sums[0].calls == 6);
  CHECK(sums[0].seconds == doctest::Approx(0.7));
  CHECK(words(profile_table(sums, 1.0)) ==
        "kernel calls ms share conv2d 6 700.000 70.0 % relu 2 200.000 20.0 % "
        "all kernels 8 900.000 90.0 % not in kernels 100.000 10.0 % the whole 1000.000 100.0 % ");
  CHECK(words(profile_table(kernels, 1.0, 0.3)) ==
        "kernel calls ms share conv2d [8, 4, 4, 3] 4 600.000 60.0 % "
        "shorter ones 4 300.000 30.0 % "
        "all kernels 8 900.000 90.0 % not in kernels 100.000 10.0 % the whole 1000.000 100.0 % ");
}

}  // namespace siam
