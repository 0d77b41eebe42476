// oneDNN has a plain loop, `ref`, behind every shape that none of its kernels takes: hundreds of
// times slower, and silent. None of our networks may meet it.

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "simsiam/loss.h"
#include "simsiam/model.h"
#include "tensor/cpu/onednn.h"

namespace siam {

// What oneDNN chooses does not depend on the sanitizers, under which this would take a minute.
#if defined(SIAM_ONEDNN) && !defined(__SANITIZE_ADDRESS__)

namespace {

std::set<std::string> implementations() {
  const std::vector<std::string> names = cpu::onednn_implementations();
  return {names.begin(), names.end()};
}

// What a training step in the type adds to oneDNN's plans.
std::set<std::string> added_by_step(const SimSiam& model, const Shape& views, DType type) {
  const std::set<std::string> before = implementations();
  const auto [z, p] =
      model(Variable(Tensor::full(views, 0.5, type)), {.training = true, .groups = 2});
  backward(simsiam_loss(p, z, {}));
  std::set<std::string> added;
  for (const std::string& name : implementations())
    if (!before.contains(name)) added.insert(name);
  return added;
}

// Three kernels for each convolution of another shape; the images need no gradient.
int convolution_kernels(const ResNetConfig& config) {
  const int first_stage = config.bottleneck ? 4 : 1, other_stages = config.bottleneck ? 6 : 3;
  return 3 * (1 + first_stage + 3 * other_stages) - 1;
}

// The heads' layers are 2048 -> 2048, 2048 -> 512 and 512 -> 2048, three products each.
constexpr int kProducts = 9;

}  // namespace

TEST_CASE("no layer of our networks falls to oneDNN's reference implementation") {
  ResNetConfig imagenet18 = ResNetConfig::resnet18();
  imagenet18.imagenet_stem = true;
  struct Network {
    std::string name;
    ResNetConfig backbone;
    Shape views;  ///< batches of their own, so that no network finds another's plans
  };
  for (const Network& network :
       {Network{"ResNet-18, CIFAR stem", ResNetConfig::resnet18(), {10, 32, 32, 3}},
        Network{"ResNet-18 at 224", imagenet18, {6, 224, 224, 3}},
        Network{"ResNet-50 at 224", ResNetConfig::resnet50(), {4, 224, 224, 3}}}) {
    Initializer init(0);
    const SimSiam model(init, {.backbone = network.backbone});
    for (const DType type : {DType::f32, DType::bf16}) {
      if (type == DType::bf16 && !cpu::bf16_supported()) continue;
      CAPTURE(network.name);
      CAPTURE(type);
      int convolutions = 0, products = 0;
      for (const std::string& name : added_by_step(model, network.views, type)) {
        CHECK_MESSAGE(name.find(": ref") == std::string::npos, name);
        convolutions += name.starts_with("conv2d");
        products += name.starts_with("matmul");
      }
      CHECK(convolutions == convolution_kernels(network.backbone));
      CHECK(products == kProducts);
    }
  }
}

#endif

}  // namespace siam
