#include "simsiam/objectives/simsiam.h"

namespace siam {

SimSiamObjective::Result SimSiamObjective::operator()(const Views& views) {
  const auto [z, p] = model_(views.images, mode_);
  return {simsiam_loss(p, z, loss_), z.value()};
}

}  // namespace siam
