#include "tensor/batch_norm.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "tensor/map.h"
#include "tensor/parallel.h"
#include "tensor/philox.h"
#include "tests/relative_error.h"
#include "tests/same_bits.h"
#include "tests/tensor/guarded_allocator.h"
#include "tests/tensor/norm_gradients.h"

namespace siam {

namespace {

Tensor random_tensor(const Shape& shape, DType type, uint32_t name, double mean = 0,
                     double deviation = 1) {
  Random random(5, Purpose::test, name);
  Tensor x = Tensor::empty(shape);
  for (float& value : x.span<float>())
    value = static_cast<float>(mean + deviation * static_cast<double>(normal(random)));
  return cast(x, type);
}

double largest_difference(const Tensor& a, const Tensor& b) {
  const Tensor left = cast(a, DType::f64), right = cast(b, DType::f64);
  double most = 0;
  for (int64_t i = 0; i < left.numel(); ++i) {
    const double difference = std::abs(left.data<double>()[i] - right.data<double>()[i]);
    if (!(difference <= most)) most = std::isnan(difference) ? INFINITY : difference;
  }
  return most;
}

// Relative error of one rounding: half a unit in the last of 8 (bf16) or 11 (f16) bits.
double rounding(DType type) {
  return type == DType::bf16 ? 0x1p-8 : type == DType::f16 ? 0x1p-11 : 0;
}

}  // namespace

// Inputs are rounded to the type first, so only arithmetic in f32 and the last rounding differ.
// Values are of order 1 to 8 and a sum of 1000 terms is taken in blocks, hence 64 ulp of f32.
TEST_CASE("batch norm agrees with the f64 reference and stays inside its buffers") {
  GuardedAllocator guarded;
  poison_empty_tensors(true);
  {
    ScopedAllocator scope(guarded);
    for (DType type : {DType::f32, DType::bf16, DType::f16})
      for (int64_t channels : {1, 3, 7, 17, 64, 2048})
        for (int64_t rows : {4, 6, 1000, 20002}) {
          if (rows * channels > (1 << 21)) continue;  // many blocks are for few channels
          CAPTURE(type);
          CAPTURE(channels);
          CAPTURE(rows);
          const Tensor x = random_tensor({rows, channels}, type, 1);
          const Tensor wide = cast(x, DType::f64);
          const auto got = batch_statistics(x, 2), expected = batch_statistics(wide, 2);
          CHECK(largest_difference(got.mean, expected.mean) <= 64 * 0x1p-24);
          CHECK(largest_difference(got.variance, expected.variance) <= 8 * 64 * 0x1p-24);

          const Tensor gamma = random_tensor({channels}, DType::f32, 2);
          const Tensor beta = random_tensor({channels}, DType::f32, 3);
          const Tensor y = normalize(x, got, 1e-5, gamma, beta, x, true);
          const BatchStatistics same = {cast(got.mean, DType::f64), cast(got.variance, DType::f64)};
          const Tensor reference = normalize(wide, same, 1e-5, cast(gamma, DType::f64),
                                             cast(beta, DType::f64), wide, true);
          const Tensor have = cast(y, DType::f64);
          double worst = 0;  // error over what is allowed; 2^-24: f16's half unit below 2^-14
          for (int64_t i = 0; i < y.numel(); ++i) {
            const double want = reference.data<double>()[i];
            const double allowed = 64 * 0x1p-24 * (8 + want) + rounding(type) * want + 0x1p-24;
            const double error = std::abs(have.data<double>()[i] - want);
            worst = error <= allowed ? std::max(worst, error / allowed) : INFINITY;
            if (worst == INFINITY) break;
          }
          CHECK(worst <= 1);
        }
  }
  poison_empty_tensors(false);
  CHECK(guarded.intact());
}

// The inputs, including the result y that holds the mask, are the same numbers on both sides; sums
// are taken in blocks, hence 64 ulp of f32. (With two rows in a group the three terms of dx cancel,
// and only the effect of eps would remain.)
TEST_CASE("batch norm backward agrees with the f64 reference and stays inside its buffers") {
  GuardedAllocator guarded;
  poison_empty_tensors(true);
  {
    ScopedAllocator scope(guarded);
    for (DType type : {DType::f32, DType::bf16, DType::f16})
      for (const Shape& shape :
           {Shape{10, 1}, Shape{6, 17}, Shape{600, 33}, Shape{2002, 33}, Shape{40, 512}})
        for (int form = 0; form < 16; ++form) {
          const bool affine = form & 1, relu = form & 2, residual = form & 4, two = form & 8;
          CAPTURE(type);
          CAPTURE(fmt::format("{} affine {} relu {} residual {} two {}", shape, affine, relu,
                              residual, two));
          const auto wide = [](const Tensor& t) { return t.defined() ? cast(t, DType::f64) : t; };
          const Tensor x = random_tensor(shape, type, 1), dy = random_tensor(shape, type, 2);
          Tensor gamma, beta, y, more;
          if (two) more = random_tensor(shape, type, 6);
          if (affine) gamma = random_tensor({shape[1]}, DType::f32, 3);
          if (affine) beta = random_tensor({shape[1]}, DType::f32, 4);
          const auto statistics = batch_statistics(x, 2);
          if (residual)
            y = normalize(x, statistics, 1e-5, gamma, beta, random_tensor(shape, type, 5), relu);
          const auto got = norm_gradients(dy, more, x, y, statistics, gamma, beta, relu);
          const auto expected = norm_gradients(wide(dy), wide(more), wide(x), wide(y),
                                               {wide(statistics.mean), wide(statistics.variance)},
                                               wide(gamma), wide(beta), relu);
          // If g is stored, it is rounded as well.
          const int roundings = two || (relu && residual) ? 2 : 1;
          CHECK(relative_error(got.dx, expected.dx) <= roundings * rounding(type) + 64 * 0x1p-24);
          CHECK(relative_error(got.dgamma, expected.dgamma) <= 64 * 0x1p-24);
          CHECK(relative_error(got.dbeta, expected.dbeta) <= 64 * 0x1p-24);
          CHECK(relative_error(got.dresidual, expected.dresidual) <=
                (two ? rounding(type) + 0x1p-24 : 0));
        }
  }
  poison_empty_tensors(false);
  CHECK(guarded.intact());
}

TEST_CASE("batch norm refuses tensors that do not belong together") {
  const Tensor x = random_tensor({6, 4}, DType::f32, 1), shorter = x.rows(0, 4),
               narrow = cast(x, DType::bf16);
  const BatchStatistics statistics = batch_statistics(x, 2), half = batch_statistics(shorter, 1);
  const BatchStatistics narrower{cast(statistics.mean, DType::bf16), statistics.variance};
  const NormalizeSums sums = normalize_sums(x, {}, x, {}, statistics, 1e-5, {}, {}, true);
  const auto forward = [&](const BatchStatistics& of, const Tensor& residual) {
    normalize(x, of, 1e-5, {}, {}, residual, true);
  };
  for (const Tensor& wrong : {shorter, narrow}) {
    CHECK_THROWS_AS(forward(statistics, wrong), Error);
    for (int place = 0; place < 3; ++place) {
      Tensor in[3] = {x, x, x};  // dy, more, y
      in[place] = wrong;
      CHECK_THROWS_AS(normalize_sums(in[0], in[1], x, in[2], statistics, 1e-5, {}, {}, true),
                      Error);
    }
    CHECK_THROWS_AS(normalize_input_grad(wrong, x, statistics, 1e-5, {}, {}, true, sums.groups, 3),
                    Error);
  }
  CHECK_THROWS_AS(forward(narrower, {}), Error);
  CHECK_THROWS_AS(forward({statistics.mean, half.variance}, {}), Error);
  CHECK_THROWS_AS(normalize_input_grad(x, x, half, 1e-5, {}, {}, true, sums.groups, 3), Error);
  const Tensor mean = Tensor::zeros({4});
  CHECK_THROWS_AS(update_running(statistics, 3, 0.1, mean, Tensor::zeros({3})), Error);
  CHECK_THROWS_AS(update_running(statistics, 3, 0.1, cast(mean, DType::bf16), mean), Error);
}

TEST_CASE("running statistics follow torch's equations, group after group") {
  const BatchStatistics batch = {Tensor::from<float>({2, 2}, {1, -2, 3, 4}),
                                 Tensor::from<float>({2, 2}, {0.5f, 2, 8, 1})};
  const Tensor mean = Tensor::from<float>({2}, {10, 20}), variance = Tensor::full({2}, 1);
  update_running(batch, 5, 0.25, mean, variance);  // unbiased: times 5 / 4
  // All numbers are short binary fractions: exact.
  CHECK(mean.data<float>()[0] == 0.75 * (0.75 * 10 + 0.25 * 1) + 0.25 * 3);
  CHECK(mean.data<float>()[1] == 0.75 * (0.75 * 20 + 0.25 * -2) + 0.25 * 4);
  CHECK(variance.data<float>()[0] == 0.75 * (0.75 + 0.25 * 1.25 * 0.5) + 0.25 * 1.25 * 8);
  CHECK(variance.data<float>()[1] == 0.75 * (0.75 + 0.25 * 1.25 * 2) + 0.25 * 1.25 * 1);
}

// Mean 1000 and deviation 0.1: plain f32 sums would lose both statistics. What remains is the
// rounding of block means and of the mean itself to f32, half a unit of 1000 being 2^-15: its
// square, 1e-9, moves a variance of 0.01 by 1e-7, to which 64 ulp of f32 are added for the sum of
// squares.
TEST_CASE("statistics are right where the mean is ten thousand deviations away") {
  const Tensor x = random_tensor({100000, 3}, DType::f32, 4, 1000, 0.1);
  const auto got = batch_statistics(x, 1), expected = batch_statistics(cast(x, DType::f64), 1);
  CHECK(largest_difference(got.mean, expected.mean) <= 2 * 0x1p-15);
  CHECK(largest_difference(got.variance, expected.variance) <= 0.011 * (1e-7 + 64 * 0x1p-24));
}

// Two parts whose means are far apart compared with their deviations.
TEST_CASE("statistics merged from parts are those of the whole, rounded once") {
  const int64_t rows = 40, channels = 5;
  const Tensor x = Tensor::empty({2 * rows, channels}, DType::f64);
  const Tensor parts = Tensor::empty({2, 2, channels}, DType::f64);
  for (int64_t part = 0; part < 2; ++part) {
    const Tensor own = x.rows(part * rows, (part + 1) * rows);
    own.copy_from(random_tensor({rows, channels}, DType::f64, 3, part == 0 ? -50 : 50));
    const BatchStatistics known = batch_statistics(own, 1);
    const Tensor lines = parts.reshape({4, channels});
    lines.rows(2 * part, 2 * part + 1).copy_from(known.mean);
    lines.rows(2 * part + 1, 2 * part + 2).copy_from(known.variance);
  }
  const BatchStatistics whole = batch_statistics(x, 1), merged = merge_statistics(parts, rows);
  // The mean is near 0 with parts near 50, the variance near 2500: a few roundings of these.
  CHECK(largest_difference(merged.mean.reshape({1, channels}), whole.mean) <= 1e-13);
  CHECK(largest_difference(merged.variance.reshape({1, channels}), whole.variance) <= 1e-11);
  const Tensor narrow = cast(parts, DType::f32);
  const BatchStatistics of_narrow = merge_statistics(narrow, rows),
                        exact = merge_statistics(cast(narrow, DType::f64), rows);
  CHECK(same_bits(of_narrow.mean, cast(exact.mean, DType::f32)));
  CHECK(same_bits(of_narrow.variance, cast(exact.variance, DType::f32)));
  CHECK_THROWS_AS(merge_statistics(Tensor::zeros({2, 3, 4}), 1), Error);
}

// 2000 rows of 64 channels are several blocks.
TEST_CASE("groups have the bits of separate calls, and threads change none") {
  const Tensor x = random_tensor({4000, 64}, DType::bf16, 6);
  const auto both = batch_statistics(x, 2);
  for (int g = 0; g < 2; ++g) {
    const auto one = batch_statistics(x.rows(g * 2000, (g + 1) * 2000), 1);
    CHECK(same_bits(both.mean.rows(g, g + 1), one.mean));
    CHECK(same_bits(both.variance.rows(g, g + 1), one.variance));
  }
  const Tensor dy = random_tensor({4000, 64}, DType::bf16, 8);
  auto run = [&](int count) {
    set_threads(count);
    const auto statistics = batch_statistics(x, 2);
    const auto g = norm_gradients(dy, dy, x, {}, statistics, {}, {}, true);
    set_threads(0);
    return std::vector<Tensor>{statistics.mean, statistics.variance, g.dx, g.dresidual, g.dgamma,
                               g.dbeta};
  };
  const auto serial = run(1), parallel = run(2);
  for (size_t i = 0; i < serial.size(); ++i) CHECK(same_bits(serial[i], parallel[i]));
}

}  // namespace siam
