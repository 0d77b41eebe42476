#pragma once
// The network of the paper (Fig. 1): an encoder f = backbone + projection MLP, shared by the views,
// and a prediction MLP h.

#include <optional>

#include "nn/mlp.h"
#include "nn/resnet.h"
#include "simsiam/names.h"

namespace siam {

template <>
inline constexpr auto kNames<Stem> = names("cifar", "imagenet");

/// h of the paper; `fixed` keeps its initial values (Table 1b), with `none` p is z (Table 1a).
enum class Predictor { learned, fixed, none };
template <>
inline constexpr auto kNames<Predictor> = names("learned", "fixed", "none");

/// Where the heads have batch norm (Table 3): nowhere, after hidden layers, also after the
/// projector's output (the paper's default), after every layer. A linear layer without it has a
/// bias.
enum class HeadNorm { none, hidden, standard, all };
template <>
inline constexpr auto kNames<HeadNorm> = names("none", "hidden", "standard", "all");

struct ModelConfig {
  ResNetConfig backbone = ResNetConfig::resnet50();
  int projector_layers = 3;  ///< 2 in the paper's CIFAR recipe (App. D)
  int64_t projector_hidden = 2048;
  int64_t dim = 2048;              ///< d, of z and p
  int64_t predictor_hidden = 512;  ///< the bottleneck; d / 4 in the paper
  Predictor predictor = Predictor::learned;
  HeadNorm head_norm = HeadNorm::standard;
  /// Scale and shift of the projector's last batch norm. The paper's default has them (68.1 %,
  /// against 68.2 without); without them every channel keeps unit variance and z cannot collapse to
  /// a point.
  bool projector_affine = true;
};

struct SimSiam {
  ResNet backbone;
  Mlp projector;
  std::optional<Mlp> predictor;

  SimSiam(Initializer& init, const ModelConfig& config);

  struct Output {
    Variable z;  ///< projections f(x) [rows,d]
    Variable p;  ///< predictions h(f(x)) [rows,d]
  };
  /// views [rows,H,W,3], as in Views (objective.h); mode.groups is the number of views.
  Output operator()(const Variable& views, Mode mode) const;

  /// Names as in the authors' checkpoints: encoder.conv1.weight, ..., encoder.fc.0.weight,
  /// predictor.0.weight. Without the prefix the backbone's are torchvision's.
  void visit(Registry& registry);
};

/// The weights of a network's convolutions and linear layers: all its parameters but the vectors.
int64_t weight_count(const ModelConfig& config);

/// Whether a tensor of that name belongs to the projector or the predictor.
bool is_head(std::string_view name);

}  // namespace siam
