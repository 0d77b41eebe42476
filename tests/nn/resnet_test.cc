#include "nn/resnet.h"

#include <doctest/doctest.h>

#include "nn/layout.h"
#include "tests/same_bits.h"

namespace siam {

TEST_CASE("a ResNet's depth reads as it is written") {
  for (const auto& [name, arch] : kResNets) {
    CHECK(to_text(arch) == name);
    ResNetArch read{{9, 9, 9, 9}, false};
    CHECK(from_text(name, read));
    CHECK(read == arch);
  }
  ResNetArch arch;
  CHECK(from_text("bottleneck 1 2 3 4", arch));
  CHECK(arch == ResNetArch{{1, 2, 3, 4}, true});
  CHECK(to_text(arch) == "bottleneck 1 2 3 4");
  CHECK(from_text("basic 0 0 1000 0", arch));
  CHECK(arch == ResNetArch{{0, 0, 1000, 0}, false});
  CHECK(from_text("basic 2 2 2 2", arch));
  CHECK(to_text(arch) == "resnet18");
  for (const char* text :
       {"", "resnet", "resnet19", "basic", "basic 1 2 3", "basic 1 2 3 4 5", "basic 1 2 3 x",
        "basic  1 2 3 4", "thick 1 2 3 4", "basic1 2 3 4", "basic 1 2 -3 4", "basic 0 0 0 0",
        "basic 1001 1 1 1", "basic 99999999999 1 1 1"})
    CHECK_FALSE(from_text(text, arch));
  CHECK(to_text(arch) == "resnet18");
}

TEST_CASE("parameters of the named depths are torchvision's in number") {
  const auto parameters = [](const char* name, int64_t width) {
    ResNetConfig config{.width = width, .stem = Stem::imagenet};
    REQUIRE(from_text(name, config.arch));
    Initializer init(1);
    ResNet net(init, config);
    int64_t count = 0;
    for (const auto& [parameter, value] : registry_of(net).parameters)
      count += value->value.value().numel();
    return count;
  };
  // sum(p.numel() for p in torchvision.models.<name>().parameters()) without fc.
  CHECK(parameters("resnet18", 64) == 11'176'512);
  CHECK(parameters("resnet34", 64) == 21'284'672);
  CHECK(parameters("resnet50", 64) == 23'508'032);
  CHECK(parameters("resnet101", 64) == 42'500'160);
}

TEST_CASE("filters go to PyTorch's layout and back") {
  const Tensor ours = Tensor::empty({2, 3, 3, 5});
  for (int64_t i = 0; i < ours.numel(); ++i) ours.data<float>()[i] = static_cast<float>(i);
  const Tensor theirs = channels_first(ours);
  REQUIRE(theirs.shape() == Shape{2, 5, 3, 3});
  CHECK(theirs.data<float>()[1 * 45 + 4 * 9 + 2] == ours.data<float>()[1 * 45 + 2 * 5 + 4]);
  CHECK(same_bits(channels_last(theirs), ours));
}

}  // namespace siam
