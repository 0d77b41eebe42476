#include "experiments/presets.h"

#include <doctest/doctest.h>

namespace siam {

// In passes of one view forward; backward is two more. A third on top covers the vote and the
// images' transform (bench_step --what knn measures both).
TEST_CASE("at CIFAR's size the kNN monitor costs less than 5 % of the training") {
  const Config config = preset("cifar10");
  const double train = 50000, test = 10000;
  const double epoch = 3 * 2 * train, monitor = (train + test) * 4 / 3;
  CHECK(monitor < 0.05 * epoch * config.knn_every);
}

TEST_CASE("presets in minutes have a kNN curve") {
  CHECK(preset("quick").knn_every == 1);
  CHECK(preset("small").knn_every == 2);
}

}  // namespace siam
