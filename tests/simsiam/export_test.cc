#include "simsiam/export.h"

#include <doctest/doctest.h>

#include "simsiam/features.h"
#include "simsiam/import.h"
#include "tests/same_bits.h"
#include "tests/simsiam/foreign.h"

namespace siam {

namespace {

TrainedModel trained(const ResNetConfig& backbone) {
  Config config;
  config.model = {.backbone = backbone, .projector_hidden = 8, .dim = 8, .predictor_hidden = 4};
  config.augment.size = 24;
  config.augment.crop_pct = 0.75f;
  config.augment.mean[1] = 0.5f;
  return {config, used_network(config.model, 3), "0123", 4, {}, true};
}

}  // namespace

TEST_CASE("an export has torchvision's names and layout, and says what it is") {
  TrainedModel model = trained({.arch = {{1, 2, 3, 1}}, .width = 12});
  const TensorFile file = torchvision_backbone(model);
  CHECK(file.tensors.count("fc.0.weight") == 0);
  CHECK(file.at("layer4.0.downsample.1.running_var").shape() == Shape{96});
  CHECK(file.at("layer2.0.conv1.weight").shape() == Shape{24, 12, 3, 3});
  const Tensor& theirs = file.at("conv1.weight");
  const Tensor ours = model.model.backbone.conv1.weight.value.value();
  REQUIRE(theirs.shape() == Shape{12, 3, 3, 3});
  for (int64_t k = 0; k < 12; ++k)
    for (int64_t c = 0; c < 3; ++c)
      for (int64_t rs = 0; rs < 9; ++rs)
        CHECK(theirs.data<float>()[(k * 3 + c) * 9 + rs] ==
              ours.data<float>()[(k * 9 + rs) * 3 + c]);
  const auto says = [&](const char* name, const std::string& text) {
    CAPTURE(std::string(name));
    CHECK(file.metadata.at(name) == text);
  };
  says("architecture", "basic 1 2 3 1");
  says("stem", "cifar");
  says("width", "12");
  says("size", "24");
  says("resize", "32");
  says("mean", "0.485 0.5 0.406");
  says("std", "0.229 0.224 0.225");
  says("transform", torchvision_transform(model.config.augment));
  says("data", "0123");
  says("epochs", "4");
  CHECK(file.metadata.at("recipe").find("\"arch\":\"basic 1 2 3 1\"") != std::string::npos);
}

TEST_CASE("what was exported can be imported, with the same features of the same images") {
  for (const ResNetConfig& net :
       {ResNetConfig{.arch = {{1, 2, 3, 1}}, .width = 12},
        ResNetConfig{.arch = {{3, 4, 6, 3}, true}, .width = 2, .stem = Stem::imagenet}}) {
    TrainedModel model = trained(net);
    TensorFile file = torchvision_backbone(model);
    const ImportedNetwork seen = import_network(file, {});
    CHECK(seen.config.model.backbone.arch == net.arch);
    CHECK(seen.config.model.backbone.stem == net.stem);
    CHECK(seen.data == "0123");
    CHECK(torchvision_transform(seen.config.augment) ==
          torchvision_transform(model.config.augment));
    Initializer init(1);
    const Tensor images = init.normal({2, 24, 24, 3}, 1);
    CHECK(same_bits(encode(seen.model, images, seen.config, false).backbone,
                    encode(model.model, images, model.config, false).backbone));
  }
}

TEST_CASE("torchvision has the named depths, 64 wide, with its own stem; no other") {
  ResNetConfig net{.arch = {{3, 4, 6, 3}}, .stem = Stem::imagenet};
  CHECK(is_torchvision(net));
  net.width = 32;
  CHECK(!is_torchvision(net));
  CHECK(!is_torchvision(ResNetConfig::resnet18()));
  CHECK(is_torchvision(ResNetConfig::resnet50()));
  CHECK(!is_torchvision({.arch = {{3, 4, 6, 4}}, .stem = Stem::imagenet}));
}

}  // namespace siam
