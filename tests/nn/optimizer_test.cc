#include "nn/optimizer.h"

#include <doctest/doctest.h>

#include "nn/mlp.h"

namespace siam {

namespace {

struct TwoParts {
  Mlp encoder, predictor;
  explicit TwoParts(Initializer& init)
      : encoder(init, 3, {{.width = 5}}), predictor(init, 5, {{.width = 2, .norm = false}}) {}
  void visit(Registry& registry) {
    registry.child("encoder", encoder);
    registry.child("predictor", predictor);
  }
};

struct Fixture {
  Initializer init{1};
  TwoParts model{init};
  Registry registry;
  Fixture() { model.visit(registry); }
};

}  // namespace

TEST_CASE("modules hold views of the flat buffers under torch's names") {
  Fixture f;
  const std::vector<float> before(
      f.model.encoder.layers[0].linear.weight.value.value().span<float>().begin(),
      f.model.encoder.layers[0].linear.weight.value.value().span<float>().end());
  FlatParameters flat(f.registry, Device::cpu, DType::bf16);
  std::vector<std::string> names;
  int64_t parameters = 0;
  for (const auto& entry : flat.entries()) {
    names.push_back(entry.name);
    parameters += entry.shape.numel();
    CHECK(entry.offset % FlatParameters::kAlignment == 0);
  }
  CHECK(names == std::vector<std::string>{"encoder.0.weight", "encoder.1.weight", "encoder.1.bias",
                                          "predictor.0.weight", "predictor.0.bias"});
  CHECK(parameters == 15 + 5 + 5 + 10 + 2);
  const Parameter& weight = f.model.encoder.layers[0].linear.weight;
  for (size_t i = 0; i < before.size(); ++i) {
    CHECK(flat.values.span<float>()[i] == before[i]);
    CHECK(weight.half.span<bf16>()[i].bits == bf16(before[i]).bits);
  }
  CHECK(weight.value.value().raw() == flat.values.raw());
}

TEST_CASE("what no optimiser trains has neither gradients nor momentum") {
  Fixture f;
  const size_t trained = FlatParameters(f.registry, Device::cpu, DType::bf16).bytes();
  const FlatParameters flat(f.registry, Device::cpu, DType::bf16, /*trained=*/false);
  CHECK_FALSE(flat.grads.defined());
  CHECK_FALSE(flat.momentum.defined());
  CHECK(trained == flat.bytes() + 2 * flat.values.bytes());
  CHECK(flat.bytes() > flat.values.bytes() + flat.half.bytes());
}

TEST_CASE("a group with rate 0 keeps its values, bit for bit, while the other moves") {
  Fixture f;
  FlatParameters flat(f.registry, Device::cpu, DType::f32);
  Sgd sgd(flat, {}, {"encoder.", "predictor."});
  const Tensor before = flat.values.clone();
  flat.grads.copy_from(Tensor::full(flat.grads.shape(), 1));
  sgd.set_learning_rate(0, 0.5);
  sgd.step();
  const int64_t split = flat.entries()[3].offset;
  CHECK(flat.values.span<float>()[0] != before.span<float>()[0]);
  for (int64_t i = split; i < flat.size(); ++i)
    CHECK(flat.values.span<float>()[i] == before.span<float>()[i]);
}

TEST_CASE("a parameter in no group, and a group in pieces, are errors") {
  Fixture f;
  FlatParameters flat(f.registry, Device::cpu, DType::f32);
  CHECK_THROWS_WITH_AS(Sgd(flat, {}, {"encoder."}), doctest::Contains("predictor.0.weight"), Error);
  CHECK_THROWS_AS(Sgd(flat, {}, {"encoder.1", ""}), Error);
}

// lr_e = base (1 + cos(pi e / E)) / 2, stepped once per epoch (paper's code).
TEST_CASE("the cosine schedule starts at the base rate and does not reach 0") {
  CHECK(cosine_learning_rate(0.1, 0, 100) == 0.1);
  CHECK(cosine_learning_rate(0.1, 50, 100) == doctest::Approx(0.05));
  CHECK(cosine_learning_rate(0.1, 99, 100) == doctest::Approx(0.1 * 2.4671981713e-4).epsilon(1e-6));
  CHECK(cosine_learning_rate(0.1, 0, 100, 10) == doctest::Approx(0.01));
  CHECK(cosine_learning_rate(0.1, 9, 100, 10) == doctest::Approx(0.1));
  CHECK(cosine_learning_rate(0.1, 10, 100, 10) == doctest::Approx(0.1));
}

}  // namespace siam
