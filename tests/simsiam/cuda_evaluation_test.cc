// Evaluation of a network on the GPU gives the CPU's results.

#include "simsiam/evaluation/evaluation.h"

#include <doctest/doctest.h>

#include <cmath>

#include "simsiam/features.h"
#include "tests/simsiam/toy.h"

namespace siam {

TEST_CASE("an evaluation has the CPU's numbers, with its features in the host's memory") {
  const Config cpu = tiny();
  Config gpu = cpu;
  gpu.device = Device::cuda;
  const Trainer trainer(cpu, data()), on_gpu(gpu, data());  // the same weights
  const EvaluationInput a = evaluation_input(trainer.model(), cpu, data()),
                        b = evaluation_input(on_gpu.model(), gpu, data());
  CHECK(b.train.rows.backbone.device() == Device::cpu);
  CHECK(b.test.rows.projection.device() == Device::cpu);
  const auto judged = [](const EvaluationInput& input) {
    return evaluate(input, 3, [](const std::string&) {});
  };
  const Evaluation wanted = judged(a), seen = judged(b);
  const double one_image = 100.0 / static_cast<double>(data().test->size());  // a near tie
  const auto near = [&](double x, double y) { CHECK(std::abs(x - y) <= one_image + 1e-9); };
  REQUIRE(seen.knn.size() == wanted.knn.size());
  for (size_t i = 0; i < seen.knn.size(); ++i) {
    near(seen.knn[i].backbone, wanted.knn[i].backbone);
    near(seen.knn[i].projection, wanted.knn[i].projection);
  }
  REQUIRE(seen.probes.size() == 2);
  for (size_t i = 0; i < 2; ++i)
    for (size_t rate = 0; rate < 2; ++rate) {  // the low ones, which do not amplify rounding
      const ProbeResult &x = seen.probes[i].results[rate], &y = wanted.probes[i].results[rate];
      near(x.last, y.last);
      CHECK(x.loss == doctest::Approx(y.loss).epsilon(1e-3));
    }
  for (const auto panel : {&Evaluation::backbone, &Evaluation::projection}) {
    const RepresentationPanel &x = seen.*panel, &y = wanted.*panel;
    CHECK(x.effective_rank == doctest::Approx(y.effective_rank).epsilon(1e-3));
    CHECK(x.alignment == doctest::Approx(y.alignment).epsilon(1e-3));
    CHECK(x.uniformity == doctest::Approx(y.uniformity).epsilon(1e-3));
  }
}

}  // namespace siam
