// Whole runs: the same state on all ranks, repeatedly, and on another number of ranks.

#include "simsiam/trainer.h"

#include <doctest/doctest.h>

#include "tests/mpi/ranks.h"
#include "tests/simsiam/same_state.h"
#include "tests/simsiam/toy.h"

namespace siam {

namespace {

constexpr Method kMethods[] = {Method::simsiam, Method::alternating, Method::expectation,
                               Method::simclr, Method::byol};

Config with(Method method) {
  Config config = tiny();
  config.objective.method = method;
  config.objective.steps_per_target = method == Method::alternating ? 3 : 1;
  return config;
}

bool same_everywhere(const Tensor& t) {
  const Tensor first = t.clone();
  ranks().broadcast(first);
  return ranks().all_true(same_bits(first, t));
}

double distance(const Tensor& a, const Tensor& b) {
  double most = 0;
  for (int64_t i = 0; i < a.numel(); ++i)
    most = std::max<double>(most, std::abs(a.data<float>()[i] - b.data<float>()[i]));
  return most;
}

// A folder that all ranks know, made by rank 0.
class SharedFolder {
 public:
  std::filesystem::path path() const { return path_; }

 private:
  ScratchFolder own_;
  std::filesystem::path path_ = ranks().broadcast(own_.path().string());
};

}  // namespace

TEST_CASE("ranks: weights, momentum and statistics are the same on all, and repeat bit by bit") {
  for (const Method method : kMethods) {
    CAPTURE(name_of(method));
    Trainer first(with(method), data(), nullptr, ranks()),
        second(with(method), data(), nullptr, ranks());
    train_to_end(first);
    train_to_end(second);
    check_same_state(first, second);
    for (const Tensor& each :
         {first.parameters().values, first.parameters().momentum, first.parameters().buffers()})
      CHECK(same_everywhere(each));
    for (const EpochMetrics& epoch : first.history())
      for (const double number : {epoch.loss, epoch.std, epoch.knn})
        CHECK(same_everywhere(Tensor::full({}, number, DType::f64)));
  }
}

// f32 sums in a different order: a training run amplifies their rounding, slowly at such a small
// rate.
TEST_CASE("ranks: an epoch is near that of one process") {
  for (const Method method : kMethods) {
    CAPTURE(name_of(method));
    Config config = with(method);
    config.base_learning_rate = 0.05;
    Trainer one(config, data()), all(config, data(), nullptr, ranks());
    const EpochMetrics a = one.train_epoch(), b = all.train_epoch();
    CHECK(b.loss == doctest::Approx(a.loss).epsilon(1e-4));
    CHECK(b.std == doctest::Approx(a.std).epsilon(1e-4));
    CHECK(distance(all.parameters().values, one.parameters().values) < 1e-4);
  }
}

TEST_CASE("ranks: kNN and what a network without labels is judged by are those of one process") {
  for (const int64_t k : {1, 5, 200}) {
    Config config = tiny();
    config.knn.k = k;
    Trainer one(config, data()), all(config, data(), nullptr, ranks());
    CHECK(all.measure().knn == one.measure().knn);
  }
  // So many ranks that some have no images.
  const TrainTest few{data().train, subset(data().test, 3)};
  Trainer one(tiny(), few), all(tiny(), few, nullptr, ranks());
  CHECK(all.measure().knn == one.measure().knn);
}

TEST_CASE("ranks: a run resumes on another number of ranks") {
  for (const Method method : kMethods) {
    CAPTURE(name_of(method));
    const SharedFolder folder;
    const auto path = folder.path() / "state.safetensors";
    Config config = with(method);
    config.base_learning_rate = 0.05;
    // Two steps by one process, the rest by all.
    Trainer whole(config, data());
    train_to_end(whole);
    Trainer begun(config, data());
    CHECK_THROWS_AS(begun.train_epoch([](const StepInfo& info) {
      if (info.step == 2) throw Interrupted();
    }),
                    Interrupted);
    if (ranks().rank() == 0) begun.save(path);
    Trainer all(config, data(), nullptr, ranks());
    if (ranks().rank() == 0) all.resume(path);
    all.share();
    CHECK(same_bits(all.parameters().values, begun.parameters().values));
    CHECK(all.steps_done() == 2);
    all.train_epoch();
    if (ranks().rank() == 0) all.save(path);
    // And one process continues.
    Trainer last(config, data());
    CHECK(ranks().all_true(true));  // it is written
    last.resume(path);
    CHECK(same_bits(last.parameters().values, all.parameters().values));
    train_to_end(last);
    CHECK(last.history().back().loss == doctest::Approx(whole.history().back().loss).epsilon(1e-3));
    CHECK(ranks().all_true(true));  // before the folder is removed
  }
}

TEST_CASE("ranks: with the same number a resumed run has the bits of one that was not") {
  const SharedFolder folder;
  const auto path = folder.path() / "state.safetensors";
  Trainer whole(tiny(), data(), nullptr, ranks()), begun(tiny(), data(), nullptr, ranks());
  train_to_end(whole);
  CHECK_THROWS_AS(begun.train_epoch([](const StepInfo& info) {
    if (info.step == 3) throw Interrupted();
  }),
                  Interrupted);
  if (ranks().rank() == 0) begun.save(path);
  Trainer resumed(tiny(), data(), nullptr, ranks());
  if (ranks().rank() == 0) resumed.resume(path);
  resumed.share();
  train_to_end(resumed);
  check_same_state(whole, resumed);
}

TEST_CASE("ranks: a run that diverges stops on all of them, at the step of one process") {
  Config config = tiny();
  config.base_learning_rate = 1e30;
  Trainer trainer(config, data(), nullptr, ranks());
  CHECK_THROWS_WITH_AS(train_to_end(trainer), doctest::Contains("not finite at step 2 of epoch 1"),
                       NotFinite);
}

TEST_CASE("ranks: different configurations are refused on all") {
  if (ranks().size() == 1) return;
  Config config = tiny();
  config.momentum = ranks().rank() == 0 ? 0.9 : 0.8;
  CHECK_THROWS_WITH_AS(Trainer(config, data(), nullptr, ranks()),
                       doctest::Contains("the ranks have different configurations"), Error);
}

}  // namespace siam
