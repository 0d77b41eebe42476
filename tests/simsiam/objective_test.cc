#include "simsiam/objective.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "simsiam/objectives/byol.h"
#include "simsiam/objectives/simclr.h"
#include "tensor/philox.h"
#include "tests/simsiam/toy.h"

namespace siam {

namespace {

namespace fs = std::filesystem;

struct Stopped {};

Config with_method(Method method) {
  Config config = tiny();
  config.objective.method = method;
  if (method == Method::expectation || method == Method::simclr)
    config.model.predictor = Predictor::none;
  return config;
}

Tensor predictor_values(const Trainer& trainer) {
  const FlatParameters& parameters = trainer.parameters();
  for (const auto& entry : parameters.entries())
    if (entry.name.starts_with("predictor.")) {
      const Tensor rest = parameters.values.rows(entry.offset, parameters.size());
      return rest.clone();
    }
  FAIL("no predictor");
  return {};
}

}  // namespace

TEST_CASE("alternating with one step per target is SimSiam, bit for bit") {
  Trainer simsiam(with_method(Method::simsiam), data());
  Trainer alternating(with_method(Method::alternating), data());
  train_to_end(simsiam);
  train_to_end(alternating);
  CHECK(same_bits(simsiam.parameters().values, alternating.parameters().values));
  CHECK(same_bits(simsiam.parameters().momentum, alternating.parameters().momentum));
  for (size_t i = 0; i < simsiam.history().size(); ++i) {
    CHECK(simsiam.history()[i].loss == alternating.history()[i].loss);
    CHECK(simsiam.history()[i].knn == alternating.history()[i].knn);  // so are running statistics
  }
  Config config = with_method(Method::alternating);
  config.objective.steps_per_target = 3;
  Trainer three(config, data());
  train_to_end(three);
  CHECK_FALSE(same_bits(simsiam.parameters().values, three.parameters().values));
}

TEST_CASE("every method resumes in the middle of an epoch with the same bits") {
  for (const Method method :
       {Method::simsiam, Method::alternating, Method::expectation, Method::simclr, Method::byol}) {
    CAPTURE(name_of(method));
    const ScratchFolder folder;
    const fs::path file = folder / "state.safetensors";
    Config config = with_method(method);
    config.objective.steps_per_target = 3;  // 4 steps an epoch: stopped inside a window
    Trainer whole(config, data());
    train_to_end(whole);
    {
      Trainer stopped(config, data());
      stopped.train_epoch();
      CHECK_THROWS_AS(stopped.train_epoch([](const StepInfo& info) {
        if (info.step == 2) throw Stopped();
      }),
                      Stopped);
      stopped.save(file);
    }
    Trainer resumed(config, data());
    resumed.resume(file);
    train_to_end(resumed);
    CHECK(same_bits(whole.parameters().values, resumed.parameters().values));
    CHECK(whole.history().back().knn == resumed.history().back().knn);
  }
}

TEST_CASE("a fixed predictor keeps its bits while the encoder learns") {
  Config config = tiny();
  config.model.predictor = Predictor::fixed;
  Trainer trainer(config, data());
  const Tensor before = predictor_values(trainer), all = trainer.parameters().values.clone();
  train_to_end(trainer);
  CHECK(same_bits(before, predictor_values(trainer)));
  CHECK_FALSE(same_bits(all, trainer.parameters().values));
}

TEST_CASE("without a history the moving average is the other view's projection") {
  // In the first epoch every image is seen for the first time, so m does not matter; from the
  // second on it does.
  Config config = with_method(Method::expectation);
  config.batch_size = 24;
  Trainer with(config, data());
  config.objective.momentum = 0;
  Trainer without(config, data());
  with.train_epoch();
  without.train_epoch();
  CHECK(same_bits(with.parameters().values, without.parameters().values));
  with.train_epoch();
  without.train_epoch();
  CHECK_FALSE(same_bits(with.parameters().values, without.parameters().values));

  Config plain = tiny();
  plain.batch_size = 24;
  plain.model.predictor = Predictor::none;
  Trainer simsiam(plain, data());
  simsiam.train_epoch();
  // The cosine does not see the target's length, but normalising it first rounds once more.
  CHECK(simsiam.history()[0].loss == doctest::Approx(without.history()[0].loss).epsilon(1e-5));
}

TEST_CASE("byol with a momentum of 1 keeps its target, with 0 follows at once") {
  // A target that is always the online network gives SimSiam's loss at each step.
  Config config = with_method(Method::byol);
  config.objective.momentum = 0;
  Trainer follows(config, data()), simsiam(with_method(Method::simsiam), data());
  train_to_end(follows);
  train_to_end(simsiam);
  CHECK(same_bits(follows.parameters().values, simsiam.parameters().values));
  config.objective.momentum = 1;
  Trainer keeps(config, data());
  train_to_end(keeps);
  CHECK_FALSE(same_bits(keeps.parameters().values, simsiam.parameters().values));
}

TEST_CASE("byol's target starts as the online network, wherever its weights are from") {
  const Config config = with_method(Method::byol);
  Initializer other(config.seed + 1);
  SimSiam model(other, config.model);
  const FlatParameters online(registry_of(model), config.device, config.precision);
  Byol byol(config, model, alone());
  Registry kept;
  byol.visit(kept);
  const auto parameters = std::ranges::find(kept.buffers, "byol.parameters",
                                            [](const auto& buffer) { return buffer.first; });
  REQUIRE(parameters != kept.buffers.end());
  CHECK(same_bits(*parameters->second, online.values));
  CHECK(parameters->second->raw() != online.values.raw());
}

TEST_CASE("nt_xent against its definition in double") {
  constexpr int64_t kRows = 6, kDim = 5;
  constexpr double kTemperature = 0.5;
  Random random(2, Purpose::test);
  const Tensor z = Tensor::empty({kRows, kDim});
  for (float& value : z.span<float>()) value = normal(random);
  auto cosine = [&](int64_t a, int64_t b) {
    double ab = 0, aa = 0, bb = 0;
    for (int64_t c = 0; c < kDim; ++c) {
      const double x = z.data<float>()[a * kDim + c], y = z.data<float>()[b * kDim + c];
      ab += x * y, aa += x * x, bb += y * y;
    }
    return ab / std::sqrt(aa * bb);
  };
  double expected = 0;
  for (int64_t i = 0; i < kRows; ++i) {
    double sum = 0;
    for (int64_t j = 0; j < kRows; ++j)
      if (j != i) sum += std::exp(cosine(i, j) / kTemperature);
    expected += std::log(sum) - cosine(i, (i + kRows / 2) % kRows) / kTemperature;
  }
  const Variable loss = nt_xent(Variable(z, true), kTemperature, ViewPairs(z.dim(0), Device::cpu));
  // A dozen f32 roundings of numbers up to 4.
  CHECK(loss.value().item() == doctest::Approx(expected / kRows).epsilon(1e-6));
}

TEST_CASE("loss variants: one direction, more pairs, cross-entropy") {
  Random random(3, Purpose::test);
  auto normals = [&](int64_t rows) {
    const Tensor tensor = Tensor::empty({rows, 4});
    for (float& value : tensor.span<float>()) value = normal(random);
    return tensor;
  };
  const Tensor p = normals(8), z = normals(8);
  auto loss = [&](int64_t begin, int64_t end, const LossConfig& config) {
    return simsiam_loss(Variable(p.rows(begin, end)), Variable(z.rows(begin, end)), config)
        .value()
        .item();
  };
  // f32 sums of a few terms of order 1.
  constexpr double kTolerance = 1e-6;
  // Two pairs of two samples: views 0..3 are rows 0-1, 2-3, 4-5, 6-7.
  CHECK(loss(0, 8, {.pairs = 2}) ==
        doctest::Approx((loss(0, 4, {}) + loss(4, 8, {})) / 2).epsilon(kTolerance));
  const double one_way = loss(0, 4, {.symmetric = false});
  double cosines = 0;
  for (int i = 0; i < 2; ++i) {
    double pz = 0, pp = 0, zz = 0;
    for (int c = 0; c < 4; ++c) {
      const double a = p.data<float>()[i * 4 + c], b = z.data<float>()[(i + 2) * 4 + c];
      pz += a * b, pp += a * a, zz += b * b;
    }
    cosines += pz / std::sqrt(pp * zz);
  }
  CHECK(one_way == doctest::Approx(-cosines / 2).epsilon(kTolerance));
  double entropy = 0;
  for (int i = 0; i < 2; ++i) {
    double p_sum = 0, z_sum = 0;
    for (int c = 0; c < 4; ++c) {
      p_sum += std::exp(p.data<float>()[i * 4 + c]);
      z_sum += std::exp(z.data<float>()[(i + 2) * 4 + c]);
    }
    for (int c = 0; c < 4; ++c)
      entropy -= std::exp(z.data<float>()[(i + 2) * 4 + c]) / z_sum *
                 std::log(std::exp(p.data<float>()[i * 4 + c]) / p_sum);
  }
  CHECK(loss(0, 4, {.similarity = Similarity::cross_entropy, .symmetric = false}) ==
        doctest::Approx(entropy / 2).epsilon(kTolerance));
}

TEST_CASE("targets that cannot fit are refused before the run, with their size") {
  Config config = with_method(Method::alternating);
  config.objective.steps_per_target = 4;
  config.model.dim = int64_t{1} << 34;
  const RunSize size{.samples = 48, .batch_size = 12, .steps_per_epoch = 4};
  Initializer init(0);
  const SimSiam model(init, tiny().model);
  CHECK_THROWS_WITH_AS(make_objective(config, model, size), doctest::Contains("MiB are needed"),
                       Error);
}

}  // namespace siam
