#include "tensor/communicator.h"

#include <doctest/doctest.h>

#include <cmath>

#include "autograd/norm_over_parts.h"
#include "tensor/philox.h"
#include "tests/mpi/ranks.h"
#include "tests/same_bits.h"

namespace siam {

namespace {

// Numbers of very different size, different on each rank: their sum depends on the order.
Tensor numbers(int64_t count, int rank, DType type = DType::f32) {
  Random random(1, Purpose::test, static_cast<uint32_t>(rank));
  const Tensor t = Tensor::empty({count}, type);
  for (int64_t i = 0; i < count; ++i) {
    const double value = (static_cast<double>(random.below(1u << 20)) - (1 << 19)) *
                         (random.below(3) == 0 ? 1e6 : 1e-3);
    if (type == DType::f32)
      t.data<float>()[i] = static_cast<float>(value);
    else
      t.data<double>()[i] = value;
  }
  return t;
}

// In the order of the ranks, in double.
template <class T>
Tensor expected_sum(int64_t count, DType type) {
  const Tensor sum = Tensor::empty({count}, type);
  for (int64_t i = 0; i < count; ++i) {
    double all = 0;
    for (int rank = 0; rank < ranks().size(); ++rank)
      all += static_cast<double>(numbers(count, rank, type).template data<T>()[i]);
    sum.data<T>()[i] = static_cast<T>(all);
  }
  return sum;
}

// To the last bit of f32 or two: a GPU's compiler fuses multiplications in f64.
bool near(const Tensor& got, const Tensor& expected) {
  bool all = got.shape() == expected.shape();
  for (int64_t i = 0; i < got.numel() && all; ++i) {
    const float a = got.data<float>()[i], b = expected.data<float>()[i];
    all = std::abs(a - b) <= 2e-7f * std::abs(b);
  }
  return all;
}

}  // namespace

TEST_CASE("ranks: gather and its order") {
  const double own = ranks().rank();
  for (const Device device : devices_of_ranks()) {
    CAPTURE(device);
    const Tensor gathered = ranks().all_gather(Tensor::full({2, 3}, own, DType::f32, device));
    CHECK(gathered.device() == device);
    const Tensor rows = gathered.to(Device::cpu);
    REQUIRE(rows.shape() == Shape{2 * ranks().size(), 3});
    for (int64_t i = 0; i < rows.numel(); ++i)
      CHECK(rows.data<float>()[i] == static_cast<float>(i / 6));
    CHECK(ranks().all_gather(Tensor::full({}, own, DType::f32, device)).shape() ==
          Shape{ranks().size()});
  }
}

TEST_CASE("ranks: a sum is in the order of the ranks, bit for bit, whatever its size") {
  for (const int64_t count : {1, 2, 7, 64, 100}) {
    CAPTURE(count);
    for (const Device device : devices_of_ranks())
      for (int again = 0; again < 3; ++again) {
        const Tensor single = numbers(count, ranks().rank()).to(device);
        ranks().all_reduce(single);
        CHECK(same_bits(single.to(Device::cpu), expected_sum<float>(count, DType::f32)));
      }
    const Tensor doubles = numbers(count, ranks().rank(), DType::f64);
    ranks().all_reduce(doubles);
    CHECK(same_bits(doubles, expected_sum<double>(count, DType::f64)));
  }
  CHECK_THROWS_AS(ranks().reduce_scatter(Tensor::zeros({ranks().size()}, DType::i32)), Error);
}

TEST_CASE("ranks: reduce_scatter is the transpose of gather") {
  // <gather(x), y> = <x, reduce_scatter(y)>, summed over the ranks, on small integers: exactly.
  const int64_t n = 3;
  const Tensor x = Tensor::empty({n}), y = Tensor::empty({n * ranks().size()});
  for (int64_t i = 0; i < n; ++i) x.data<float>()[i] = static_cast<float>(ranks().rank() * n + i);
  for (int64_t i = 0; i < y.numel(); ++i)
    y.data<float>()[i] = static_cast<float>((ranks().rank() + 1) * (i % 5) - 3);
  const auto dot = [](const Tensor& a, const Tensor& b) {
    double sum = 0;
    for (int64_t i = 0; i < a.numel(); ++i) sum += a.data<float>()[i] * b.data<float>()[i];
    const Tensor total = Tensor::full({}, sum, DType::f64);
    ranks().all_reduce(total);
    return total.item();
  };
  for (const Device device : devices_of_ranks())
    CHECK(dot(ranks().all_gather(x.to(device)).to(Device::cpu), y) ==
          dot(x, ranks().reduce_scatter(y.to(device)).to(Device::cpu)));
}

TEST_CASE("ranks: broadcasts and decisions") {
  for (const Device device : devices_of_ranks()) {
    const Tensor t = Tensor::full({3}, ranks().rank() + 1, DType::f32, device);
    ranks().broadcast(t);
    CHECK(t.to(Device::cpu).data<float>()[2] == 1);
  }
  CHECK(ranks().broadcast(ranks().rank() == 0 ? "said" : "something longer") == "said");
  CHECK(ranks().broadcast(std::string()).empty());
  CHECK(ranks().all_true(true));
  CHECK_FALSE(ranks().all_true(ranks().rank() != ranks().size() - 1));
  CHECK(ranks().cores() >= 1);
}

TEST_CASE("ranks: what is told to the others counts as sent by the first") {
  const uint64_t before = ranks().bytes_sent(), others = static_cast<uint64_t>(ranks().size()) - 1;
  ranks().broadcast(std::string("said"));
  CHECK(ranks().bytes_sent() - before == (ranks().rank() == 0 ? others * 12 : 0));  // with its size
}

TEST_CASE("ranks: a sum sends the least there is") {
  for (const Device device : devices_of_ranks()) {
    const Tensor t = Tensor::zeros({64}, DType::f32, device);
    const uint64_t before = ranks().bytes_sent();
    ranks().all_reduce(t);
    const uint64_t n = static_cast<uint64_t>(ranks().size());
    CHECK(ranks().bytes_sent() - before == 2 * (n - 1) * t.bytes() / n);
  }
}

// Statistics are merged in f64, in the order of the ranks, whatever their size.
TEST_CASE("ranks: batch norm's statistics on a GPU are those in host memory") {
  for (const int64_t channels : {1, 300}) {
    const Tensor mean = numbers(channels, ranks().rank()),
                 variance = numbers(channels, ranks().rank() + 8);
    for (float& each : variance.span<float>()) each = std::abs(each);
    const BatchStatistics host = over_ranks(ranks(), {mean, variance}, 5);
    for (const Device device : devices_of_ranks()) {
      const BatchStatistics got = over_ranks(ranks(), {mean.to(device), variance.to(device)}, 5);
      CHECK(near(got.mean.to(Device::cpu), host.mean));
      CHECK(near(got.variance.to(Device::cpu), host.variance));
      NormOverRanks norm(ranks());
      const Tensor sums = norm.sums(mean.to(device)).to(Device::cpu);
      CHECK(same_bits(sums, expected_sum<float>(channels, DType::f32)));
    }
  }
}

}  // namespace siam
