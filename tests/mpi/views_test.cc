// The batch that the ranks share equals that of one process.

#include <doctest/doctest.h>

#include "data/loader.h"
#include "simsiam/shared_views.h"
#include "tests/mpi/ranks.h"
#include "tests/same_bits.h"
#include "tests/simsiam/toy.h"

namespace siam {

TEST_CASE("ranks: the views of a batch are those of one process, bit for bit") {
  const Config config = tiny();
  for (const int workers : {0, 2}) {
    BatchConfig whole{.batch_size = 8, .seed = 4, .workers = workers, .views = 4};
    BatchConfig part = whole;
    part.part = ranks().rank();
    part.parts = ranks().size();
    Loader one(data().train, config.augment, whole), own(data().train, config.augment, part);
    CHECK(one.batches_per_epoch() == own.batches_per_epoch());
    for (const int epoch : {0, 3}) {
      one.start_epoch(epoch, 1);
      own.start_epoch(epoch, 1);
      for (int64_t i = 1; i < one.batches_per_epoch(); ++i) {
        const Batch expected = one.next(), got = own.next();
        REQUIRE(std::ssize(got.samples) == 8 / ranks().size());
        CHECK(same_bits(gather_views(ranks(), got.images, 4), expected.images));
        CHECK(same_bits(own_views(ranks(), expected.images, 4), got.images));
        CHECK(got.samples[0] == expected.samples[static_cast<size_t>(part.first())]);
      }
    }
  }
}

TEST_CASE("ranks: a batch that cannot be shared out is refused") {
  CHECK_THROWS_WITH_AS(
      Loader(data().train, tiny().augment, {.batch_size = 10, .part = 0, .parts = 3}),
      doctest::Contains("batch of 10 in 3 parts"), Error);
  CHECK_THROWS_WITH_AS(check_ranks(tiny(), 5), doctest::Contains("--batch-size 12"), UsageError);
}

}  // namespace siam
