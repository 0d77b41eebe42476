#pragma once
// The measured networks: those of the presets, with the names that they and their peers in
// peer_torch.py have.

#include "experiments/presets.h"

namespace siam {

/// The preset's configuration; `name` is cifar18, resnet50, quick or medium.
inline Config bench_config(const std::string& name) {
  return preset(name == "cifar18" ? "cifar10" : name == "resnet50" ? "imagenet" : name);
}

}  // namespace siam
