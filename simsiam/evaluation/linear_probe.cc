#include "simsiam/evaluation/linear_probe.h"

#include <algorithm>
#include <cmath>

#include "nn/larc.h"
#include "nn/layers.h"
#include "nn/optimizer.h"
#include "tensor/rows.h"

namespace siam {

namespace {

Linear initial_classifier(const FeatureBank& train, int64_t classes, uint64_t seed) {
  Initializer init(seed);
  Linear linear(init, train.features.dim(1), classes, /*with_bias=*/true);
  linear.weight = Parameter(init.normal({classes, train.features.dim(1)}, 0.01));
  linear.bias = Parameter(Tensor::zeros({classes}));
  return linear;
}

// Selected rows of a matrix on the CPU, in the given order, and their one-hot labels.
struct Examples {
  Tensor rows, targets;

  Examples slice(int64_t begin, int64_t end) const {
    return {rows.rows(begin, end), targets.rows(begin, end)};
  }
};
Examples gather(const Tensor& matrix, std::span<const int32_t> labels, int64_t classes,
                std::span<const int64_t> order, Device device) {
  const int64_t n = static_cast<int64_t>(order.size()), width = matrix.dim(1);
  const Tensor rows = Tensor::empty({n, width}), chosen = Tensor::empty({n}, DType::i32);
  for (int64_t i = 0; i < n; ++i) {
    std::memcpy(rows.data<float>() + i * width, matrix.data<float>() + order[i] * width,
                static_cast<size_t>(width) * sizeof(float));
    chosen.data<int32_t>()[i] = labels[order[i]];
  }
  return {rows.to(device), one_hot(chosen, classes, DType::f32, device)};
}

class Probe {
 public:
  Probe(const FeatureBank& train, int64_t classes, const ProbeConfig& config)
      : config_(config),
        classes_(classes),
        rows_(train.features.to(Device::cpu)),
        labels_(train.labels),
        batch_(std::min(config.batch_size, train.features.dim(0))),
        linear_(initial_classifier(train, classes, config.seed)),
        parameters_(registry_of(linear_), config.device, DType::f32),
        sgd_(parameters_, {.momentum = config.momentum, .weight_decay = 0}) {}

  /// Mean loss of the epoch. Rows are copied to the device many batches at a time, and losses are
  /// copied back when all steps are queued, so that a GPU never waits for the host.
  double train_epoch(int epoch) {
    sgd_.set_learning_rate(0, probe_learning_rate(config_, epoch, batch_));
    const std::vector<int64_t> order = permutation(
        rows_.dim(0), Random(config_.seed, Purpose::probe, static_cast<uint32_t>(epoch)));
    const int64_t row_bytes = (rows_.dim(1) + classes_) * static_cast<int64_t>(sizeof(float));
    const int64_t block = std::max<int64_t>(kBlockBytes / (row_bytes * batch_), 1) * batch_;
    std::vector<std::pair<Tensor, int64_t>> losses;  // of a batch, and its rows
    for (int64_t begin = 0; begin < rows_.dim(0); begin += block) {
      const auto rows = std::span(order).subspan(begin, std::min(block, rows_.dim(0) - begin));
      const Examples examples = gather(rows_, labels_, classes_, rows, config_.device);
      const auto count = static_cast<int64_t>(rows.size());
      for (int64_t first = 0; first < count; first += batch_) {
        const int64_t end = std::min(first + batch_, count);
        losses.emplace_back(step(examples.slice(first, end)), end - first);
      }
    }
    double sum = 0;
    for (const auto& [loss, count] : losses) sum += loss.item() * static_cast<double>(count);
    return sum / static_cast<double>(rows_.dim(0));
  }

  /// In percent, on rows that are on the device.
  double accuracy(const FeatureBank& test) const {
    constexpr int64_t kBlock = 4096;
    const NoGrad no_grad;
    const int64_t count = test.features.dim(0);
    int64_t right = 0;
    for (int64_t begin = 0; begin < count; begin += kBlock) {
      const int64_t end = std::min(begin + kBlock, count);
      const Tensor logits =
          linear_(Variable(test.features.rows(begin, end))).value().to(Device::cpu);
      for (int64_t i = 0; i < end - begin; ++i) {
        const float* row = logits.data<float>() + i * classes_;
        right += std::max_element(row, row + classes_) - row == test.labels[begin + i];
      }
    }
    return 100.0 * static_cast<double>(right) / static_cast<double>(count);
  }

 private:
  static constexpr int64_t kBlockBytes = int64_t{64} << 20;

  Tensor step(const Examples& batch) {
    parameters_.zero_grad();
    const Variable loss =
        mean(softmax_cross_entropy(linear_(Variable(batch.rows)), Variable(batch.targets)));
    backward(loss);
    parameters_.collect_grads();
    if (config_.optimizer == ProbeOptimizer::lars) larc_scale(parameters_);
    sgd_.step();
    return loss.value();
  }

  ProbeConfig config_;
  int64_t classes_;
  Tensor rows_;
  std::span<const int32_t> labels_;
  int64_t batch_;
  Linear linear_;
  FlatParameters parameters_;
  Sgd sgd_;
};

}  // namespace

double probe_learning_rate(const ProbeConfig& config, int epoch, int64_t batch) {
  const double base = config.base_learning_rate * static_cast<double>(batch) / 256;
  if (config.schedule == ProbeSchedule::cosine)
    return cosine_learning_rate(base, epoch, config.epochs);
  return base * (5 * epoch < 3 * config.epochs ? 1 : 5 * epoch < 4 * config.epochs ? 0.1 : 0.01);
}

ProbeResult linear_probe(const FeatureBank& train, const FeatureBank& test, int64_t classes,
                         const ProbeConfig& config, const std::function<void(int)>& on_epoch) {
  check(train.features.dim(0) > 0 && test.features.dim(0) > 0 &&
            train.features.dim(1) == test.features.dim(1),
        "linear probe: features {} to train on and {} to test; rows of one width are needed; "
        "compute them with one network",
        train.features.shape(), test.features.shape());
  check(config.epochs >= 1 && config.batch_size >= 1,
        "linear probe: {} epochs with batches of {}; one or more of each is needed", config.epochs,
        config.batch_size);
  const FeatureBank test_there{test.features.to(config.device), test.labels};  // once for all
  Probe probe(train, classes, config);
  ProbeResult result{config.base_learning_rate, 0, -1, 0, 0};
  for (int epoch = 0; epoch < config.epochs; ++epoch) {
    result.loss = probe.train_epoch(epoch);
    result.last = probe.accuracy(test_there);
    if (result.last > result.best) {
      result.best = result.last;
      result.best_epoch = epoch + 1;
    }
    if (on_epoch) on_epoch(epoch + 1);
  }
  return result;
}

std::vector<ProbeResult> probe_sweep(const FeatureBank& train, const FeatureBank& test,
                                     int64_t classes, ProbeConfig config,
                                     std::span<const double> base_learning_rates,
                                     const std::function<void(double)>& on_rate,
                                     const Communicator& ranks) {
  const auto count = static_cast<int64_t>(base_learning_rates.size());
  const int64_t rounds = (count + ranks.size() - 1) / ranks.size();
  constexpr int64_t kBytes = sizeof(ProbeResult);
  const Tensor own = Tensor::zeros({rounds * kBytes}, DType::u8);
  ranks.together([&] {
    for (int64_t i = ranks.rank(), round = 0; i < count; i += ranks.size(), ++round) {
      config.base_learning_rate = base_learning_rates[i];
      if (on_rate) on_rate(config.base_learning_rate);
      const ProbeResult result = linear_probe(train, test, classes, config);
      std::memcpy(own.data<uint8_t>() + round * kBytes, &result, kBytes);
    }
  });
  const Tensor all = ranks.all_gather(own);
  std::vector<ProbeResult> results(count);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t of_rank = i % ranks.size() * rounds + i / ranks.size();
    std::memcpy(&results[i], all.data<uint8_t>() + of_rank * kBytes, kBytes);
  }
  return results;
}

}  // namespace siam
