#pragma once
// ResNet (He et al., CVPR 2016) as torchvision builds it, without the classifier: the result is the
// globally pooled feature. Parameter names are torchvision's.

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "nn/layers.h"

namespace siam {

/// The residual blocks of the four stages. A stage may have none; at least one has some.
struct ResNetArch {
  static constexpr int kMostBlocks = 1000;  ///< of a stage: more are a mistake, and would not fit
  std::array<int, 4> blocks = {2, 2, 2, 2};
  bool bottleneck = false;  ///< 1x1, 3x3 (the stride), 1x1 to four times the width; or two 3x3

  bool operator==(const ResNetArch&) const = default;
  int64_t expansion() const { return bottleneck ? 4 : 1; }
};

/// Those of the paper, under torchvision's and timm's names.
inline constexpr std::array<std::pair<std::string_view, ResNetArch>, 4> kResNets = {{
    {"resnet18", {{2, 2, 2, 2}, false}},
    {"resnet34", {{3, 4, 6, 3}, false}},
    {"resnet50", {{3, 4, 6, 3}, true}},
    {"resnet101", {{3, 4, 23, 3}, true}},
}};

/// "resnet50"; without such a name, "basic 1 1 1 1" or "bottleneck 3 4 6 1".
std::string to_text(const ResNetArch& arch);
/// False unless the text is of either kind, with 0 to kMostBlocks blocks a stage, not all 0.
bool from_text(std::string_view text, ResNetArch& arch);
/// What from_text() takes, as a list for messages.
std::string resnet_choices();

/// What comes before the stages: a 3x3 convolution of stride 1, or a 7x7 one of stride 2 and a
/// max-pool.
enum class Stem { cifar, imagenet };

struct ResNetConfig {
  ResNetArch arch = {};
  int64_t width = 64;  ///< channels of the first stage; doubled from stage to stage
  Stem stem = Stem::cifar;
  bool zero_init_residual = true;  ///< scale of each block's last batch norm starts at 0

  static constexpr ResNetConfig resnet18() { return {}; }
  static constexpr ResNetConfig resnet50() {
    return {.arch = kResNets[2].second, .stem = Stem::imagenet};
  }
  int64_t feature_width() const {
    int last = 3;
    while (last > 0 && arch.blocks[last] == 0) --last;
    return (width << last) * arch.expansion();
  }
};

/// Where a residual block is: its name, "layer1.0" first, and its shape.
struct BlockPlace {
  std::string name;
  int64_t in, width;  ///< channels of its input, and of the convolutions inside
  int stride;
};
/// From the input to the output.
std::vector<BlockPlace> blocks_of(const ResNetConfig& config);

/// A residual block: relu( norm(conv(... relu(norm(conv(x))) ...)) + shortcut(x) ). Two 3x3
/// convolutions (torchvision's BasicBlock) or 1x1, 3x3, 1x1 (Bottleneck).
struct ResidualBlock {
  struct Unit {
    Conv2d conv;
    BatchNorm norm;
  };
  std::vector<Unit> units;
  std::optional<Unit> downsample;  ///< a 1x1 convolution where the shape changes

  ResidualBlock(Initializer& init, const ResNetConfig& config, const BlockPlace& place);
  /// [N,H,W,place.in] -> [N,H/stride,W/stride,place.width * expansion], rounded up.
  Variable operator()(const Variable& x, Mode mode) const;
  void visit(Registry& registry);
};

struct ResNet {
  ResNetConfig config;
  Conv2d conv1;
  BatchNorm bn1;
  std::vector<ResidualBlock> blocks;  ///< those of blocks_of()

  ResNet(Initializer& init, const ResNetConfig& config);
  /// Images [N,H,W,3] -> features [N,feature_width()].
  Variable operator()(const Variable& images, Mode mode) const;
  void visit(Registry& registry);
};

}  // namespace siam
