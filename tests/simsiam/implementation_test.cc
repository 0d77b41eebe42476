// oneDNN has a plain loop, `ref`, behind every shape that none of its kernels takes: hundreds of
// times slower, and silent. None of our networks may meet it.

#include <doctest/doctest.h>

#include <string>

#include "simsiam/loss.h"
#include "simsiam/model.h"
#include "tensor/cpu/onednn.h"

namespace siam {

// What oneDNN chooses does not depend on the sanitizers, under which this would take a minute.
#if defined(SIAM_ONEDNN) && !defined(__SANITIZE_ADDRESS__)

TEST_CASE("no bf16 layer of our networks falls to oneDNN's reference implementation") {
  if (!cpu::onednn::serves_bf16()) return;
  ResNetConfig imagenet18 = ResNetConfig::resnet18();
  imagenet18.imagenet_stem = true;
  struct Network {
    ResNetConfig backbone;
    Shape views;  ///< batches of their own, so that no network finds another's plans
  };
  for (const Network& network :
       {Network{ResNetConfig::resnet18(), {10, 32, 32, 3}}, Network{imagenet18, {6, 224, 224, 3}},
        Network{ResNetConfig::resnet50(), {4, 224, 224, 3}}}) {
    const size_t before = cpu::onednn_implementations().size();
    Initializer init(0);
    const SimSiam model(init, {.backbone = network.backbone});
    const auto [z, p] = model(Variable(Tensor::full(network.views, 0.5, DType::bf16)),
                              {.training = true, .groups = 2});
    backward(simsiam_loss(p, z, {}));
    const std::vector<std::string> names = cpu::onednn_implementations();
    for (const std::string& name : names)
      CHECK_MESSAGE(name.find(": ref") == std::string::npos, name);
    CHECK(names.size() > before);
  }
}

#endif

}  // namespace siam
