#include "simsiam/monitor.h"

#include <algorithm>

#include "simsiam/doctor.h"
#include "simsiam/evaluation/knn.h"
#include "simsiam/evaluation/recall.h"
#include "simsiam/evaluation/representation.h"
#include "simsiam/features.h"

namespace siam {

namespace {

constexpr double kEncoding = 0.99;  // share of the time; the comparison takes the rest

class KnnMonitor : public Monitor {
 public:
  KnnMonitor(const Config& config, const TrainTest& data, const Communicator& ranks)
      : config_(config), data_(data), ranks_(ranks) {}

  const char* name() const override { return "kNN"; }
  int64_t images() const override { return data_.train->size() + data_.test->size(); }
  void measure(const SimSiam& model, bool probe, const std::function<void(double)>& watch,
               EpochMetrics& metrics) const override {
    probe = probe && config_.linear_probe;
    const double share = probe ? 1 / (1 + kProbeCost) : 1;  // of the time
    metrics.knn = knn(model, [&](double done) { watch(share * done); });
    if (ranks_.rank() == 0) metrics.effective_rank = projection_rank(model, data_.test, config_);
    if (probe)
      metrics.linear =
          linear_accuracy(model, [&](double done) { watch(share * (1 + kProbeCost * done)); });
    watch(1);
  }

 private:
  // Each rank encodes a part of both sets, and keeps its part of the bank.
  double knn(const SimSiam& model, const std::function<void(double)>& watch) const {
    const RowRange bank = ranks_.shard(data_.train->size()),
                   asked = ranks_.shard(data_.test->size());
    const auto features = [&](const Dataset& dataset, RowRange range, int64_t before) {
      return backbone_features(model, dataset, range, config_, [&](int64_t encoded) {
        watch(kEncoding * static_cast<double>(before + encoded) /
              static_cast<double>(bank.size() + asked.size()));
      });
    };
    Tensor rows, queries;
    ranks_.together([&] {
      rows = features(*data_.train, bank, 0);
      queries = features(*data_.test, asked, bank.size());
    });
    const std::vector<int32_t> bank_labels = labels_of(*data_.train),
                               labels = labels_of(*data_.test);
    const int64_t classes = data_.train->num_classes();
    if (ranks_.size() == 1)
      return knn_accuracy({rows, bank_labels}, {queries, labels}, classes, config_.knn);
    return knn_accuracy(ranks_, rows, bank.begin, bank_labels,
                        {ranks_.all_gather_shards(queries, data_.test->size()), labels}, classes,
                        config_.knn);
  }

  // On rank 0. The probe is trained on features that are not normalised, so these are computed
  // anew.
  double linear_accuracy(const SimSiam& model, const std::function<void(double)>& watch) const {
    const auto features = [&](const Dataset& dataset, int64_t before) {
      return frozen_features(
          model, dataset, config_, /*projection=*/false,
          [&](int64_t encoded) {
            watch(0.5 * static_cast<double>(before + encoded) / static_cast<double>(images()));
          },
          ranks_);
    };
    const FrozenFeatures train = features(*data_.train, 0);
    const FrozenFeatures test = features(*data_.test, data_.train->size());
    if (ranks_.rank() != 0) return kNotMeasured;
    ProbeConfig probe = ProbeConfig::sgd();
    probe.device = config_.device;
    return linear_probe({train.rows.backbone, train.labels}, {test.rows.backbone, test.labels},
                        data_.train->num_classes(), probe,
                        [&](int epoch) { watch(0.5 + 0.5 * epoch / (probe.epochs + 1.0)); })
        .last;
  }

  Config config_;
  TrainTest data_;
  const Communicator& ranks_;
};

class ViewMonitor : public Monitor {
 public:
  ViewMonitor(const Config& config, const TrainTest& data, const Communicator& ranks)
      : config_(config),
        images_(measures_test_images(data) ? data.test : data.train),
        leads_(ranks.rank() == 0) {}

  const char* name() const override { return "recall of views"; }
  int64_t images() const override { return 2 * std::min(images_->size(), kRankImages); }
  void measure(const SimSiam& model, bool, const std::function<void(double)>& watch,
               EpochMetrics& metrics) const override {
    if (!leads_) return;
    const auto [a, b] = view_features(model, images_, config_, kRankImages, [&](int64_t encoded) {
      watch(kEncoding * static_cast<double>(encoded) / static_cast<double>(images() / 2));
    });
    metrics.recall = recall_at_1(a.backbone, b.backbone);
    metrics.alignment = alignment(a.projection, b.projection);
    metrics.effective_rank = effective_rank(a.projection);
    watch(1);
  }

 private:
  Config config_;
  std::shared_ptr<const Dataset> images_;
  bool leads_;
};

}  // namespace

bool several_classes(const Dataset& dataset) { return dataset.num_classes() > 1; }

bool measures_test_images(const TrainTest& data) {
  return several_classes(*data.train) || data.test->size() >= kRankImages;
}

std::unique_ptr<Monitor> make_monitor(const Config& config, const TrainTest& data,
                                      const Communicator& ranks) {
  if (several_classes(*data.train)) return std::make_unique<KnnMonitor>(config, data, ranks);
  return std::make_unique<ViewMonitor>(config, data, ranks);
}

}  // namespace siam
