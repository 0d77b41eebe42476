#pragma once
// The layers of a network as shapes, and derived from them the fewest bytes that a training step
// can move.

#include <vector>

#include "simsiam/model.h"

namespace siam {

struct ConvLayer {
  int64_t size, in, out, filter;  ///< images [size,size,in], filters [out,filter,filter,in]
  int stride;
  bool joins_residual;  ///< its batch norm adds the shortcut
  auto operator<=>(const ConvLayer&) const = default;

  int padding() const { return static_cast<int>(filter / 2); }
  int64_t inputs() const { return size * size * in; }  ///< elements per image
  int64_t outputs() const { return size / stride * (size / stride) * out; }
  int64_t weights() const { return out * filter * filter * in; }
};

/// Every convolution in the order of the forward pass.
inline std::vector<ConvLayer> convolutions(const ResNetConfig& config, int64_t size) {
  std::vector<ConvLayer> layers;
  layers.push_back(config.stem == Stem::imagenet ? ConvLayer{size, 3, config.width, 7, 2, false}
                                                 : ConvLayer{size, 3, config.width, 3, 1, false});
  if (config.stem == Stem::imagenet) size /= 4;
  for (const auto& [name, in, width, stride] : blocks_of(config)) {
    const int64_t out = width * config.arch.expansion();
    if (config.arch.bottleneck) layers.push_back({size, in, width, 1, 1, false});
    layers.push_back({size, config.arch.bottleneck ? width : in, width, 3, stride, false});
    if (in != out || stride > 1) layers.push_back({size, in, out, 1, stride, false});
    size /= stride;
    layers.push_back(config.arch.bottleneck ? ConvLayer{size, width, out, 1, 1, true}
                                            : ConvLayer{size, width, width, 3, 1, true});
  }
  return layers;
}

/// Bytes that one training step of `images` views reads and writes if every kernel reads each of
/// its operands once from memory and writes each result once, with nothing kept in caches between
/// kernels. Per activation element, a batch norm reads its input twice and writes once in the
/// forward pass (statistics; normalisation), and in the backward pass reads dy and x twice (with a
/// shortcut also y) and writes dx (and the shortcut's gradient). Pooling, loss and augmentation are
/// left out: less than a percent.
inline double step_bytes(const ModelConfig& model, int64_t size, int64_t images, DType storage) {
  const double bytes = static_cast<double>(size_of(storage)), rows = static_cast<double>(images);
  double elements = 0, weights = 0;
  auto batch_norm = [&](double outputs, bool shortcut) {
    elements += rows * outputs * (3 + 5);                // forward; dy, x twice and dx
    if (shortcut) elements += rows * outputs * (1 + 3);  // the shortcut; y twice, its gradient
  };
  auto layer = [&](double inputs, double outputs, double filter, bool first) {
    elements += (rows * (inputs + outputs) + filter) * (first ? 1 : 2);  // forward, data gradient
    elements += rows * (inputs + outputs);                               // weight gradient
    weights += filter;
  };
  bool first = true;
  for (const ConvLayer& conv : convolutions(model.backbone, size)) {
    layer(static_cast<double>(conv.inputs()), static_cast<double>(conv.outputs()),
          static_cast<double>(conv.weights()), first);
    batch_norm(static_cast<double>(conv.outputs()), conv.joins_residual);
    if (conv.joins_residual)  // the gradients of both branches are added at the block's input
      elements += rows * static_cast<double>(conv.outputs()) * 3;
    first = false;
  }
  auto linear = [&](int64_t in, int64_t out, bool norm) {
    layer(static_cast<double>(in), static_cast<double>(out), static_cast<double>(in * out), false);
    if (norm) batch_norm(static_cast<double>(out), false);
  };
  int64_t in = model.backbone.feature_width();
  for (int i = 1; i < model.projector_layers; ++i, in = model.projector_hidden)
    linear(in, model.projector_hidden, true);
  linear(in, model.dim, true);
  linear(model.dim, model.predictor_hidden, true);
  linear(model.predictor_hidden, model.dim, false);
  // Gradients are zeroed, written and read, weights and momentum read and written in f32; the copy
  // in the storage type is written.
  return elements * bytes + weights * (7 * 4 + (storage == DType::f32 ? 0 : bytes));
}

}  // namespace siam
