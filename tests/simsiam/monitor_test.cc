// How a run is judged besides its loss: by kNN with labels, without them by views that find each
// other.

#include "simsiam/monitor.h"

#include <doctest/doctest.h>

#include <cmath>

#include "simsiam/doctor.h"
#include "simsiam/evaluation/recall.h"
#include "simsiam/evaluation/representation.h"
#include "simsiam/features.h"
#include "tests/simsiam/toy.h"

namespace siam {

namespace {

// The same images, without their labels.
class Unlabelled : public Dataset {
 public:
  explicit Unlabelled(std::shared_ptr<const Dataset> of) : of_(std::move(of)) {}
  int64_t size() const override { return of_->size(); }
  Image image(int64_t index) const override { return of_->image(index); }
  int label(int64_t) const override { return -1; }
  const std::vector<std::string>& class_names() const override { return none_; }
  std::string name() const override { return of_->name(); }
  std::string fingerprint() const override { return of_->fingerprint(); }

 private:
  std::shared_ptr<const Dataset> of_;
  std::vector<std::string> none_;
};

TrainTest unlabelled() {
  const TrainTest all = data();
  return {std::make_shared<Unlabelled>(all.train), std::make_shared<Unlabelled>(all.test)};
}

}  // namespace

TEST_CASE("recall@1: the share of rows whose nearest row in the bank is their own") {
  const Tensor bank = Tensor::from<float>({4, 2}, {1, 0, 0, 1, -1, 0, 0, -1});
  CHECK(recall_at_1(bank, bank) == 100);
  // Lengths do not matter; rows 1 and 2 are nearer to each other's.
  CHECK(recall_at_1(Tensor::from<float>({4, 2}, {9, 1, -5, 1, 0.1f, 0.2f, 0, -3}), bank) == 50);
  // A single point: the first row is the nearest for all.
  CHECK(recall_at_1(Tensor::full({5, 3}, 0.7), Tensor::full({5, 3}, 0.7)) == 20);
  // More rows than are compared at once; each except the last is moved by one.
  const int64_t n = 300;
  const Tensor rows = Tensor::zeros({n, n}), moved = Tensor::zeros({n, n});
  for (int64_t i = 0; i < n; ++i) {
    rows.data<float>()[i * n + i] = 1;
    moved.data<float>()[i * n + std::min(i + 1, n - 1)] = 1;
  }
  CHECK(recall_at_1(moved, rows) == doctest::Approx(100.0 / static_cast<double>(n)));
  CHECK_THROWS_WITH_AS(recall_at_1(bank, rows), doctest::Contains("a row per image in both"),
                       Error);
}

TEST_CASE("labelled data has kNN accuracy, other data recall, alignment and rank of its views") {
  Trainer labelled(tiny(), data());
  const EpochMetrics knn = labelled.measure();
  CHECK(labelled.monitor().name() == std::string("kNN"));
  CHECK(labelled.monitor().images() == 72);
  CHECK((knn.knn >= 0 && knn.knn <= 100));
  CHECK((std::isnan(knn.recall) && std::isnan(knn.alignment)));
  CHECK(std::isnan(knn.effective_rank));  // too few images
  Trainer ranked(tiny(), {patches(48, 1), patches(kRankImages, 2)});
  CHECK(ranked.measure().effective_rank ==
        projection_rank(ranked.model(), patches(kRankImages, 2), ranked.config()));

  Trainer trainer(tiny(), unlabelled());
  CHECK(trainer.monitor().images() == 96);  // two views of the training images, as there are few
                                            // test images
  const EpochMetrics views = trainer.measure();
  CHECK(std::isnan(views.knn));
  const auto [a, b] = view_features(trainer.model(), data().train, tiny(), 1024);
  CHECK(views.recall == recall_at_1(a.backbone, b.backbone));
  CHECK(views.alignment == alignment(a.projection, b.projection));
  CHECK(views.effective_rank == effective_rank(a.projection));
  CHECK(views.recall > 100.0 / 48);
}

TEST_CASE("a linear probe is taken where it is asked for: of the first network and the last") {
  Config config = tiny();
  config.epochs = 2;
  Trainer plain(config, data());
  CHECK(std::isnan(plain.measure().linear));
  config.linear_probe = true;
  Trainer trainer(config, data());
  double share = 0;
  trainer.watch_monitor([&](double done) {
    CHECK(done >= share);
    share = done == 1 ? 0 : done;
  });
  const EpochMetrics untrained = trainer.measure();
  CHECK(untrained.knn == plain.measure().knn);
  const auto probe = [&] {
    const auto features = [&](const Dataset& images) {
      return frozen_features(trainer.model(), images, config, false);
    };
    const FrozenFeatures train = features(*data().train), test = features(*data().test);
    return linear_probe({train.rows.backbone, train.labels}, {test.rows.backbone, test.labels},
                        data().train->num_classes(), ProbeConfig::sgd())
        .last;
  };
  CHECK(untrained.linear == probe());
  CHECK(std::isnan(trainer.train_epoch().linear));
  CHECK(trainer.train_epoch().linear == probe());
}

TEST_CASE("what the views' monitor measures is the same again, with threads, and told as a share") {
  Config config = tiny();
  Trainer one(config, unlabelled());
  config.workers = 3;
  Trainer other(config, unlabelled());
  double share = 0;
  other.watch_monitor([&](double done) {
    CHECK(done >= share);
    share = done;
  });
  const EpochMetrics a = one.measure(), b = other.measure();
  CHECK(share == 1);
  share = 0;
  CHECK(a.recall == b.recall);
  CHECK(a.effective_rank == b.effective_rank);
  CHECK(other.measure().alignment == a.alignment);
}

TEST_CASE("a run without labels is measured when it is due, and goes on from its checkpoint") {
  const ScratchFolder folder;
  Config config = tiny();
  config.knn_every = 2;
  Trainer trainer(config, unlabelled());
  train_to_end(trainer);
  REQUIRE(trainer.history().size() == 3);
  CHECK(std::isnan(trainer.history()[0].recall));
  for (const int measured : {1, 2}) {
    CHECK(!std::isnan(trainer.history()[measured].recall));
    CHECK(!std::isnan(trainer.history()[measured].effective_rank));
    CHECK(std::isnan(trainer.history()[measured].knn));
  }
  trainer.save(folder / "state");
  Trainer again(config, unlabelled());
  again.resume(folder / "state");
  CHECK(again.finished());
  CHECK(again.history()[2].recall == trainer.history()[2].recall);
  CHECK(again.history()[2].alignment == trainer.history()[2].alignment);
}

}  // namespace siam
