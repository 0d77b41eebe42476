// A network gets the same evaluation from one process and from several.

#include "simsiam/evaluation/evaluation.h"

#include <doctest/doctest.h>

#include "simsiam/features.h"
#include "tests/mpi/ranks.h"
#include "tests/same_bits.h"
#include "tests/simsiam/toy.h"

namespace siam {

namespace {

// Those of both, in one order.
std::vector<double> numbers(const Evaluation& evaluation) {
  std::vector<double> all;
  for (const KnnResult& each : evaluation.knn)
    all.insert(all.end(), {each.backbone, each.projection});
  for (const ProbeSweep& sweep : evaluation.probes)
    for (const ProbeResult& each : sweep.results)
      all.insert(all.end(), {each.base_learning_rate, each.last, each.best,
                             static_cast<double>(each.best_epoch), each.loss});
  if (ranks().rank() == 0)
    for (const RepresentationPanel* each : {&evaluation.backbone, &evaluation.projection})
      all.insert(all.end(), {each->effective_rank, each->alignment, each->uniformity});
  return all;
}

}  // namespace

TEST_CASE("ranks: an evaluation has the numbers of one process, bit for bit") {
  Config config = tiny();
  Initializer init(config.seed);
  const SimSiam model(init, config.model);
  // Each rank except the last ones has one of the test images.
  const TrainTest sets{data().train, subset(data().test, 3)};
  const EvaluationInput one = evaluation_input(model, config, sets),
                        all = evaluation_input(model, config, sets, {}, ranks());
  CHECK(same_bits(all.train.rows.backbone, one.train.rows.backbone));
  CHECK(same_bits(all.train.rows.projection, one.train.rows.projection));
  CHECK(same_bits(all.test.rows.projection, one.test.rows.projection));
  int stages = 0;
  const auto expected = numbers(evaluate(one, 3, [](const std::string&) {}));
  const auto got = numbers(evaluate(
      all, 3, [&](const std::string&) { ++stages; }, ranks()));
  CHECK(got == expected);
  // Besides kNN and panels, 4 rates of SGD and 5 of LARS are shared.
  CHECK(stages <=
        2 + (4 + ranks().size() - 1) / ranks().size() + (5 + ranks().size() - 1) / ranks().size());
}

TEST_CASE("ranks: what ends the work on one ends it on all") {
  const int last = ranks().size() - 1;
  try {
    ranks().together([&] {
      if (ranks().rank() == last) throw Error("a disk that is full");
    });
    CHECK(false);
  } catch (const EndedElsewhere&) {
    CHECK(ranks().rank() != last);
  } catch (const Error& error) {
    CHECK(ranks().rank() == last);
    CHECK(std::string(error.what()) == "a disk that is full");
  }
}

TEST_CASE("ranks: shares of rows follow each other and come back as they were") {
  for (const int64_t count : {1, 2, 3, 7, 16}) {
    CAPTURE(count);
    const Tensor all = Tensor::empty({count, 2}, DType::i32);
    for (int64_t i = 0; i < 2 * count; ++i) all.data<int32_t>()[i] = static_cast<int32_t>(i);
    const RowRange own = ranks().shard(count);
    CHECK(same_bits(ranks().all_gather_shards(all.rows(own.begin, own.end), count), all));
  }
}

}  // namespace siam
