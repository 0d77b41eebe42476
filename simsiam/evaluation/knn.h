#pragma once
// The kNN monitor: a weighted nearest-neighbour classifier on frozen features (Wu et al., CVPR
// 2018, "InstDisc"), which the paper's Fig. 2 tracks during training. k = 200 and T = 0.1 as in the
// MoCo authors' CIFAR demo; the paper gives neither.

#include <cstdint>
#include <span>
#include <vector>

#include "tensor/communicator.h"
#include "tensor/tensor.h"

namespace siam {

struct KnnConfig {
  int64_t k = 200;
  double temperature = 0.1;
};

/// Rows of features, each of unit length, and the class of each.
struct FeatureBank {
  Tensor features;  ///< f32 [rows,D]; for kNN also of a narrower type, both alike
  std::span<const int32_t> labels;
};

/// Share of queries, in percent, whose class wins the vote of the k nearest rows of the bank: class
/// c scores sum exp(cos / T) over the neighbours of class c; the lowest index of equals wins. k is
/// cut to the size of the bank. The similarities are f32, of so many queries at a time that they
/// take at most 256 MiB (or one query's).
double knn_accuracy(const FeatureBank& bank, const FeatureBank& queries, int64_t classes,
                    const KnnConfig& config);

/// The same under each of several settings, for which the neighbours are looked for once. Each of
/// the ranks, which have all rows, asks for a share of the queries; all know the accuracies.
std::vector<double> knn_accuracies(const FeatureBank& bank, const FeatureBank& queries,
                                   int64_t classes, std::span<const KnnConfig> settings,
                                   const Communicator& ranks = alone());

/// The same where each of `ranks` has a part of the bank, that from row `first` on, and all have
/// the queries and all labels: the same number as of one rank.
double knn_accuracy(const Communicator& ranks, const Tensor& part, int64_t first,
                    std::span<const int32_t> bank_labels, const FeatureBank& queries,
                    int64_t classes, const KnnConfig& config);

/// What the literature uses: k of 1, 20 and 200, each with T of 0.07, 0.1 and 0.2 (InstDisc; the
/// MoCo demo; the paper's first author). T does not matter for k = 1.
std::vector<KnnConfig> knn_grid();

}  // namespace siam
