#include "nn/resnet.h"

#include <fmt/ranges.h>

#include <charconv>
#include <functional>

#include "nn/in_parts.h"

namespace siam {

namespace {

constexpr std::string_view kKinds[] = {"basic", "bottleneck"};  // by ResNetArch::bottleneck

}  // namespace

std::string to_text(const ResNetArch& arch) {
  for (const auto& [name, known] : kResNets)
    if (known == arch) return std::string(name);
  return fmt::format("{} {}", kKinds[arch.bottleneck], fmt::join(arch.blocks, " "));
}

std::string resnet_choices() {
  std::string names;
  for (const auto& [name, known] : kResNets) names += fmt::format("{}, ", name);
  return names +
         fmt::format(
             "or as \"basic 2 2 2 2\" and \"bottleneck 3 4 6 3\", with at most {} blocks in "
             "a stage",
             ResNetArch::kMostBlocks);
}

bool from_text(std::string_view text, ResNetArch& arch) {
  for (const auto& [name, known] : kResNets)
    if (text == name) {
      arch = known;
      return true;
    }
  ResNetArch read{.bottleneck = text.starts_with(kKinds[1])};
  const std::string_view kind = kKinds[read.bottleneck];
  if (!text.starts_with(kind)) return false;
  const char *at = text.data() + kind.size(), *const end = text.data() + text.size();
  for (int& count : read.blocks) {
    if (at == end || *at != ' ') return false;
    const auto [rest, problem] = std::from_chars(at + 1, end, count);
    if (problem != std::errc() || count < 0 || count > ResNetArch::kMostBlocks) return false;
    at = rest;
  }
  if (at != end || read.blocks == std::array<int, 4>{}) return false;
  arch = read;
  return true;
}

std::vector<BlockPlace> blocks_of(const ResNetConfig& config) {
  std::vector<BlockPlace> places;
  int64_t in = config.width;
  for (int stage = 0; stage < 4; ++stage)
    for (int block = 0; block < config.arch.blocks[stage]; ++block) {
      const int64_t width = config.width << stage;
      places.push_back({fmt::format("layer{}.{}", stage + 1, block), in, width,
                        stage > 0 && block == 0 ? 2 : 1});
      in = width * config.arch.expansion();
    }
  return places;
}

ResidualBlock::ResidualBlock(Initializer& init, const ResNetConfig& config,
                             const BlockPlace& place) {
  const auto [name, in, width, stride] = place;
  const int64_t out = width * config.arch.expansion();
  auto unit = [&](int64_t from, int64_t to, int kernel, int step) {
    return Unit{Conv2d(init, from, to, kernel, step), BatchNorm(to)};
  };
  if (config.arch.bottleneck) {
    units.push_back(unit(in, width, 1, 1));
    units.push_back(unit(width, width, 3, stride));
    units.push_back(unit(width, out, 1, 1));
  } else {
    units.push_back(unit(in, width, 3, stride));
    units.push_back(unit(width, out, 3, 1));
  }
  if (stride != 1 || in != out) downsample = unit(in, out, 1, stride);
  // The block starts as the identity (Goyal et al. 2017), as in the paper's code.
  if (config.zero_init_residual) units.back().norm.weight = Parameter(Tensor::zeros({out}));
}

Variable ResidualBlock::operator()(const Variable& x, Mode mode) const {
  const Variable shortcut = downsample ? downsample->norm(downsample->conv(x), mode) : x;
  Variable y = x;
  for (const Unit& unit : units) {
    const bool last = &unit == &units.back();
    y = unit.norm(unit.conv(y), mode, {.residual = last ? shortcut : Variable(), .relu = true});
  }
  return y;
}

void ResidualBlock::visit(Registry& registry) {
  for (size_t i = 0; i < units.size(); ++i) {
    registry.child(fmt::format("conv{}", i + 1), units[i].conv);
    registry.child(fmt::format("bn{}", i + 1), units[i].norm);
  }
  if (downsample) {
    registry.child("downsample.0", downsample->conv);
    registry.child("downsample.1", downsample->norm);
  }
}

ResNet::ResNet(Initializer& init, const ResNetConfig& config)
    : config(config),
      conv1(init, 3, config.width, config.stem == Stem::imagenet ? 7 : 3,
            config.stem == Stem::imagenet ? 2 : 1),
      bn1(config.width) {
  for (const BlockPlace& place : blocks_of(config)) blocks.emplace_back(init, config, place);
}

Variable ResNet::operator()(const Variable& images, Mode mode) const {
  auto stem = [this](const Variable& x, Mode mode) {
    const Variable y = bn1(conv1(x), mode, {.relu = true});
    return config.stem == Stem::imagenet ? max_pool2d(y, {.window = 3, .stride = 2, .padding = 1})
                                         : y;
  };
  Variable x = in_parts(stem, images, mode);
  for (const ResidualBlock& block : blocks) x = in_parts(std::cref(block), x, mode);
  return global_avg_pool(x);
}

void ResNet::visit(Registry& registry) {
  registry.child("conv1", conv1);
  registry.child("bn1", bn1);
  const std::vector<BlockPlace> places = blocks_of(config);
  for (size_t i = 0; i < blocks.size(); ++i) registry.child(places[i].name, blocks[i]);
}

}  // namespace siam
