#include "simsiam/objective.h"

#include "simsiam/config.h"
#include "simsiam/objectives/alternating.h"
#include "simsiam/objectives/byol.h"
#include "simsiam/objectives/expectation.h"
#include "simsiam/objectives/simclr.h"
#include "simsiam/objectives/simsiam.h"

namespace siam {

std::unique_ptr<Objective> make_objective(const Config& config, const SimSiam& model, RunSize size,
                                          const Communicator& ranks) {
  switch (config.objective.method) {
    case Method::simsiam: return std::make_unique<SimSiamObjective>(config, model, ranks);
    case Method::alternating: return std::make_unique<Alternating>(config, model, size, ranks);
    case Method::expectation: return std::make_unique<Expectation>(config, model, size, ranks);
    case Method::simclr: return std::make_unique<SimClrObjective>(config, model, size, ranks);
    case Method::byol: return std::make_unique<Byol>(config, model, ranks);
  }
  fail("objective: unknown method {}", static_cast<int>(config.objective.method));
}

}  // namespace siam
