#include "simsiam/export.h"

#include <fmt/ranges.h>

#include "nn/layout.h"
#include "simsiam/config_json.h"
#include "simsiam/setting_text.h"

namespace siam {

namespace {

constexpr const char* kModule = R"(# {what}, trained by SimSiam:
#     from {module} import model, transform
from pathlib import Path

import safetensors.torch
import torch
from torchvision import transforms
from torchvision.models.resnet import {block}, ResNet

blocks, width = {blocks}, {width}
model = ResNet({block}, blocks)
model.inplanes = width
model.conv1 = torch.nn.Conv2d(3, width, {conv1}, bias=False)
model.bn1 = torch.nn.BatchNorm2d(width){pool}
for stage in range(4):
    layer = model._make_layer({block}, width << stage, blocks[stage], stride=2 if stage else 1)
    setattr(model, f"layer{{stage + 1}}", layer)
model.fc = torch.nn.Identity()
model.load_state_dict(safetensors.torch.load_file(Path(__file__).with_name("{weights}")))
model.eval()

transform = transforms.Compose([
    {transform}
])
)";

// The steps of a line of torchvision, each on its own line and preceded by the module's name.
std::string steps(const std::string& line) {
  std::string text;
  for (size_t start = 0; start < line.size();) {
    const size_t end = std::min(line.find("), ", start), line.size() - 1) + 1;
    text += fmt::format("{}transforms.{},", text.empty() ? "" : "\n    ",
                        line.substr(start, end - start));
    start = end + 2;
  }
  return text;
}

}  // namespace

TensorFile torchvision_backbone(TrainedModel& trained) {
  const Registry registry = registry_of(trained.model.backbone);
  const ResNetConfig& net = trained.config.model.backbone;
  const AugmentConfig& augment = trained.config.augment;
  TensorFile file{.metadata = {{"format", "pt"},
                               {"architecture", to_text(net.arch)},
                               {"stem", to_text(net.stem)},
                               {"width", fmt::format("{}", net.width)},
                               {"size", fmt::format("{}", augment.size)},
                               {"resize", fmt::format("{}", augment_math::resized_side(augment))},
                               {"mean", to_text(augment.mean)},
                               {"std", to_text(augment.deviation)},
                               {"transform", torchvision_transform(augment)},
                               {"recipe", to_json(describe(trained.config)).dump()},
                               {"data", trained.data},
                               {"epochs", fmt::format("{}", trained.epochs)}}};
  for (const auto& [name, parameter] : registry.parameters) {
    const Tensor& value = parameter->value.value();
    file.tensors[name] = value.rank() == 4 ? channels_first(value) : value;
  }
  for (const auto& [name, buffer] : registry.buffers) file.tensors[name] = *buffer;
  return file;
}

bool is_torchvision(const ResNetConfig& net) {
  bool named = false;
  for (const auto& [name, arch] : kResNets) named = named || arch == net.arch;
  return named && net.width == 64 && net.stem == Stem::imagenet;
}

std::string python_module(const Config& config, const std::string& weights,
                          const std::string& module) {
  const ResNetConfig& net = config.model.backbone;
  const bool cifar = net.stem == Stem::cifar;
  return fmt::format(
      fmt::runtime(kModule),
      fmt::arg("what", fmt::format("{} of width {} with the {} stem", to_text(net.arch), net.width,
                                   cifar ? "CIFAR" : "ImageNet")),
      fmt::arg("module", module),
      fmt::arg("block", net.arch.bottleneck ? "Bottleneck" : "BasicBlock"),
      fmt::arg("blocks", fmt::format("[{}]", fmt::join(net.arch.blocks, ", "))),
      fmt::arg("width", net.width),
      fmt::arg("conv1", cifar ? "3, padding=1" : "7, stride=2, padding=3"),
      fmt::arg("pool", cifar ? "\nmodel.maxpool = torch.nn.Identity()" : ""),
      fmt::arg("weights", weights),
      fmt::arg("transform", steps(torchvision_transform(config.augment))));
}

}  // namespace siam
