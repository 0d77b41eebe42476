#include "nn/optimizer.h"

#include <cmath>
#include <numbers>

namespace siam {

Sgd::Sgd(FlatParameters& parameters, Options options, const std::vector<std::string>& prefixes)
    : parameters_(parameters),
      rates_(Tensor::zeros({static_cast<int64_t>(prefixes.size())}, DType::f32,
                           parameters.values.device())) {
  const auto& entries = parameters.entries();
  auto group_of = [&](const std::string& name) {
    for (size_t i = 0; i < prefixes.size(); ++i)
      if (name.starts_with(prefixes[i])) return i;
    fail("sgd: parameter {} is in no group; give a prefix it starts with", name);
  };
  groups_.resize(prefixes.size(), Group{-1, -1, {}});
  for (size_t i = 0; i < entries.size(); ++i) {
    Group& group = groups_[group_of(entries[i].name)];
    const int64_t end = i + 1 < entries.size() ? entries[i + 1].offset : parameters.size();
    if (group.begin < 0) group.begin = group.end = entries[i].offset;
    check(group.end == entries[i].offset,
          "sgd: parameter {} stands apart from its group; a group's parameters must be consecutive",
          entries[i].name);
    group.end = end;
  }
  for (size_t i = 0; i < groups_.size(); ++i) {
    groups_[i].rates = {.momentum = options.momentum,
                        .weight_decay = options.weight_decay,
                        .learning_rate = rate_of(i),
                        .grad_scale = options.grad_scale};
  }
}

void Sgd::set_learning_rate(size_t group, double rate) {
  rate_of(group).copy_from(Tensor::full({1}, rate));
}

Tensor Sgd::rate_of(size_t group) const {
  const auto i = static_cast<int64_t>(group);
  return rates_.rows(i, i + 1);
}

void Sgd::step(const Tensor& enabled) {
  for (Group& group : groups_) {
    if (group.begin == group.end) continue;
    group.rates.enabled = enabled;
    auto part = [&](const Tensor& flat) {
      return flat.defined() ? flat.rows(group.begin, group.end) : Tensor();
    };
    sgd_step(part(parameters_.values), part(parameters_.grads), part(parameters_.momentum),
             group.rates, part(parameters_.half));
  }
}

double cosine_learning_rate(double base, int epoch, int epochs, int warmup) {
  if (epoch < warmup) return base * (epoch + 1) / warmup;
  return base * 0.5 * (1 + std::cos(std::numbers::pi * (epoch - warmup) / (epochs - warmup)));
}

}  // namespace siam
