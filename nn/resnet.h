#pragma once
// ResNet (He et al., CVPR 2016) as torchvision builds it, without the classifier: the result is the
// globally pooled feature. Parameter names are torchvision's.

#include <array>
#include <optional>

#include "nn/layers.h"

namespace siam {

struct ResNetConfig {
  std::array<int, 4> blocks = {2, 2, 2, 2};
  bool bottleneck = false;  ///< 1x1, 3x3 (the stride), 1x1 to four times the width
  int64_t width = 64;       ///< channels of the first stage; doubled from stage to stage
  bool imagenet_stem =
      false;  ///< 7x7 stride 2 and max-pool; otherwise the CIFAR stem: 3x3 stride 1
  bool zero_init_residual = true;  ///< scale of each block's last batch norm starts at 0

  static ResNetConfig resnet18() { return {}; }
  static ResNetConfig resnet50() {
    return {.blocks = {3, 4, 6, 3}, .bottleneck = true, .imagenet_stem = true};
  }
  int64_t feature_width() const { return width * 8 * (bottleneck ? 4 : 1); }
};

/// A residual block: relu( norm(conv(... relu(norm(conv(x))) ...)) + shortcut(x) ). Two 3x3
/// convolutions (torchvision's BasicBlock) or 1x1, 3x3, 1x1 (Bottleneck).
struct ResidualBlock {
  struct Unit {
    Conv2d conv;
    BatchNorm norm;
  };
  std::vector<Unit> units;
  std::optional<Unit> downsample;  ///< a 1x1 convolution where the shape changes

  ResidualBlock(Initializer& init, const ResNetConfig& config, int64_t in, int64_t width,
                int stride);
  Variable operator()(const Variable& x, Mode mode) const;
  void visit(Registry& registry);
};

struct ResNet {
  ResNetConfig config;
  Conv2d conv1;
  BatchNorm bn1;
  std::array<std::vector<ResidualBlock>, 4> layers;

  ResNet(Initializer& init, const ResNetConfig& config);
  /// Images [N,H,W,3] -> features [N,feature_width()].
  Variable operator()(const Variable& images, Mode mode) const;
  void visit(Registry& registry);
};

}  // namespace siam
