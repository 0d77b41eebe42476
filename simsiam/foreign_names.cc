#include "simsiam/foreign_names.h"

#include <algorithm>

#include "simsiam/setting_text.h"

namespace siam {

namespace {

constexpr const char* kAdvice =
    "the weights of a ResNet as torchvision, timm or the authors of SimSiam name them are needed; "
    "use such a file";

}  // namespace

// The longest prefix first: the authors', with DistributedDataParallel and without.
ForeignTensors::ForeignTensors(const TensorFile& file) : file_(file) {
  for (const auto& [prefix, predictor] : {std::pair{"module.encoder.", "module.predictor."},
                                          {"encoder.", "predictor."},
                                          {"module.", ""},
                                          {"", ""}})
    if (file.tensors.contains(prefix + std::string("conv1.weight"))) {
      prefix_ = prefix;
      predictor_ = predictor;
      return;
    }
  fail("{}: neither 'conv1.weight' nor 'module.encoder.conv1.weight' is among its {} tensors; {}",
       file.source, file.tensors.size(), kAdvice);
}

const Tensor& ForeignTensors::at(const std::string& name) const {
  const auto found = file_.tensors.find(name);
  check(found != file_.tensors.end(), "{}: tensor '{}' is missing; {}", file_.source, name,
        kAdvice);
  return found->second;
}

ResNetConfig ForeignTensors::backbone(const std::optional<ResNetArch>& asked) const {
  ResNetConfig net;
  const std::string name = prefix_ + "conv1.weight";
  const Shape& stem = at(name).shape();
  const bool filter = stem.rank() == 4 && stem[0] > 0 && stem[1] == 3 && stem[2] == stem[3];
  check(
      filter && (stem[2] == 7 || stem[2] == 3),
      "{}: tensor '{}' is {}; [width, 3, 7, 7] or [width, 3, 3, 3] is needed; use another network",
      file_.source, name, stem);
  net.width = stem[0];
  net.stem = stem[2] == 7 ? Stem::imagenet : Stem::cifar;
  if (asked) {
    net.arch = *asked;
    check_blocks(net);
    return net;
  }
  net.arch.bottleneck = has(prefix_ + "layer1.0.conv3.weight");
  for (int stage = 0; stage < 4; ++stage) {
    int& blocks = net.arch.blocks[stage] = 0;
    while (has(fmt::format("{}layer{}.{}.conv1.weight", prefix_, stage + 1, blocks))) ++blocks;
  }
  for (int& blocks : net.arch.blocks) blocks = std::max(blocks, 1);  // so check_blocks() sees a gap
  check_blocks(net);
  const std::string seen = to_text(net.arch);
  const auto stated = file_.metadata.find("architecture");
  const bool named = seen.find(' ') == std::string::npos;
  check(named || (stated != file_.metadata.end() && stated->second == seen),
        "{}: its blocks are '{}', which is no ResNet with a name; a whole file is needed; use "
        "another copy, or say --arch '{}' if it is whole",
        file_.source, seen, seen);
  return net;
}

// Checks, before memory is allocated for the network, every layer that is not smaller than another
// one of its block.
void ForeignTensors::check_blocks(const ResNetConfig& net) const {
  const int64_t kernel = net.arch.bottleneck ? 1 : 3;
  for (const BlockPlace& block : blocks_of(net))
    check_shape(prefix_ + block.name + ".conv1.weight", {block.width, block.in, kernel, kernel});
}

bool ForeignTensors::heads(ModelConfig& model) const {
  const std::string projector = prefix_ + "fc.";
  if (predictor_.empty() || !has(projector + "0.weight")) return false;
  const auto rows = [&](const std::string& name) {
    const Shape& shape = at(name).shape();
    check(shape.rank() == 2 && shape[0] > 0, "{}: tensor '{}' is {}; [rows, columns] is needed; {}",
          file_.source, name, shape, kAdvice);
    return shape[0];
  };
  // Linear, batch norm, ReLU; after the last layer comes no ReLU and no other layer.
  int last = 0;
  while (has(fmt::format("{}{}.weight", projector, last + 3))) last += 3;
  model.projector_layers = last / 3 + 1;
  model.projector_hidden = rows(projector + "0.weight");
  model.dim = rows(fmt::format("{}{}.weight", projector, last));
  model.projector_affine = has(fmt::format("{}{}.weight", projector, last + 1));
  model.predictor_hidden = rows(predictor_ + "0.weight");
  return true;
}

std::string ForeignTensors::name_of(const std::string& ours) const {
  constexpr std::string_view kEncoder = "encoder.", kPredictor = "predictor.";
  return ours.starts_with(kEncoder) ? prefix_ + ours.substr(kEncoder.size())
                                    : predictor_ + ours.substr(kPredictor.size());
}

const Tensor& ForeignTensors::check_shape(const std::string& name, const Shape& needed) const {
  const Tensor& tensor = at(name);
  check(tensor.shape() == needed, "{}: tensor '{}' is {}; {} is needed; {}", file_.source, name,
        tensor.shape(), needed, kAdvice);
  return tensor;
}

const Tensor& ForeignTensors::take(const std::string& name, const Shape& needed) {
  const Tensor& tensor = check_shape(name, needed);
  check(is_float(tensor.dtype()),
        "{}: tensor '{}' is {}; floating-point numbers are needed; convert it", file_.source, name,
        tensor.dtype());
  taken_.insert(name);
  return tensor;
}

std::vector<std::string> ForeignTensors::rest() const {
  std::vector<std::string> classifier;
  std::vector<std::string> names = file_.left_out;
  for (const auto& [name, tensor] : file_.tensors)
    if (!taken_.contains(name)) names.push_back(name);
  for (const std::string& name : names) {
    if (name.ends_with(".num_batches_tracked")) continue;  // a counter of training batches
    check(name == prefix_ + "fc.weight" || name == prefix_ + "fc.bias",
          "{}: tensor '{}' is not one of this network; {}", file_.source, name, kAdvice);
    classifier.push_back(name);
  }
  return classifier;
}

}  // namespace siam
