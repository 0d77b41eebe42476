// Looking at a network's embeddings while it trains.

#include "simsiam/snapshot.h"

#include "data/loader.h"
#include "tensor/rows.h"
#include "tests/simsiam/same_state.h"
#include "tests/simsiam/toy.h"

namespace siam {

TEST_CASE("projections are those of a training step's forward half") {
  const Trainer trainer(tiny(), data());
  const auto images = subset(patches(24, 2), 12);  // a batch of tiny()
  const Tensor seen = training_projections(trainer.model(), *images, trainer.config());
  Loader loader(images, trainer.config().augment,
                {.batch_size = 12, .seed = trainer.config().seed, .workers = 0});
  loader.start_epoch(0);
  const Batch batch = loader.next();
  const Tensor pixels = Tensor::empty({12, 8, 8, 3});
  for (int64_t row = 0; row < 12; ++row) {
    const int64_t sample = batch.samples[row];
    pixels.rows(sample, sample + 1).copy_from(batch.images.rows(row, row + 1));
  }
  const NoGrad no_grad;
  const auto [z, p] = trainer.model()(Variable(pixels), {.update_running = false});
  CHECK(same_bits(seen, z.value()));
}

TEST_CASE("an untrained network spreads its images, and a snapshot says how") {
  const Trainer trainer(tiny(), data());
  const auto images = patches(25, 2);  // parts of 8 and 9
  const Snapshot snapshot = take_snapshot(4, trainer.model(), *images, trainer.config());
  CHECK(snapshot.epoch == 4);
  REQUIRE(snapshot.cloud.points.size() == 25);
  CHECK(snapshot.cloud.deviations.size() == 16);
  CHECK(snapshot.cloud.variance() > 0.3);
  CHECK(snapshot.cloud.variance() < 25.0 / 24 + 1e-6);  // the maximum for unit rows
}

TEST_CASE("snapshots leave no trace in a run") {
  Trainer seen(tiny(), data()), unseen(tiny(), data());
  const auto look = [&] { take_snapshot(0, seen.model(), *patches(24, 2), seen.config()); };
  look();
  while (!seen.finished()) {
    seen.train_epoch();
    look();
  }
  train_to_end(unseen);
  check_same_state(seen, unseen);
}

}  // namespace siam
