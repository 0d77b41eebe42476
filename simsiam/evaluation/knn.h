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

/// Features and labels as the classifiers take them: one tensor, on any device, and a view of
/// labels that the caller owns. For kNN each row has unit length; a probe takes them as they are.
struct FeatureBank {
  Tensor features;  ///< f32 [rows,D]; for kNN also a narrower type, the same in bank and queries
  std::span<const int32_t> labels;
};

/// Share of queries, in percent, whose class wins the vote of the k nearest rows of the bank: class
/// c scores sum exp(cos / T) over the neighbours of class c; ties go to the lowest index. k is
/// limited to the size of the bank. The similarities are f32, for as many queries at a time as fit
/// in 256 MiB (at least one).
double knn_accuracy(const FeatureBank& bank, const FeatureBank& queries, int64_t classes,
                    const KnnConfig& config);

/// The same for each of several settings, with one search for neighbours. Each of the ranks, which
/// have all rows, handles a share of the queries; all get the accuracies.
std::vector<double> knn_accuracies(const FeatureBank& bank, const FeatureBank& queries,
                                   int64_t classes, std::span<const KnnConfig> settings,
                                   const Communicator& ranks = alone());

/// The same if each of `ranks` has a part of the bank, beginning at row `first`, and all have the
/// queries and all labels: the number is the same as with one rank.
double knn_accuracy(const Communicator& ranks, const Tensor& part, int64_t first,
                    std::span<const int32_t> bank_labels, const FeatureBank& queries,
                    int64_t classes, const KnnConfig& config);

/// What the literature uses: k = 1, 20 and 200, each with T = 0.07, 0.1 and 0.2 (InstDisc; the MoCo
/// demo; the paper's first author). T does not matter for k = 1.
std::vector<KnnConfig> knn_grid();

}  // namespace siam
