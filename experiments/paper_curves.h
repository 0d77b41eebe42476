#pragma once
// The curves of Fig. 2 of the paper (arXiv 2011.10566), read off the figure's vector paths: loss to
// about 0.005, kNN accuracy to about 0.5 points. ImageNet, ResNet-50, 100 epochs, batch 512, d =
// 2048.

#include <array>

#include "simsiam/metrics.h"

namespace siam {

struct PaperPoint {
  double epoch;
  double loss;
  double std;  ///< std*sqrt(d), see EpochMetrics
  double knn;  ///< percent; chance is 0.1
};

inline constexpr std::array<PaperPoint, 17> kPaperWithStopGradient = {{
    {0, -0.475, 0.80, kNotMeasured},
    {1, -0.673, 0.93, 7.3},
    {2, -0.725, 0.95, 9.0},
    {3, -0.778, 0.87, 10.4},
    {5, -0.822, 0.87, 11.5},
    {8, -0.830, 0.99, 11.7},
    {10, -0.838, 0.99, 19.9},
    {15, -0.849, 0.99, 29.8},
    {20, -0.865, 0.97, 35.1},
    {30, -0.875, 0.98, 39.8},
    {40, -0.876, 0.97, 41.6},
    {50, -0.889, 0.96, 44.1},
    {60, -0.894, 0.96, 46.1},
    {70, -0.900, 0.97, 47.8},
    {80, -0.914, 0.97, 49.7},
    {90, -0.928, 0.95, 51.9},
    {100, -0.934, 0.939, 52.3},
}};

inline constexpr std::array<PaperPoint, 17> kPaperWithoutStopGradient = {{
    {0, -0.977, 0.047, 1.0},
    {1, -0.991, 0.006, 0.4},
    {2, -0.985, 0.01, 0.3},
    {3, -0.996, 0.01, 0.2},
    {5, -1, 0, 0.3},
    {8, -1, 0, 0.3},
    {10, -1, 0, 0.2},
    {15, -1, 0, 0.2},
    {20, -1, 0, 0.1},
    {30, -1, 0, 0.1},
    {40, -1, 0, 0.1},
    {50, -1, 0, 0.1},
    {60, -1, 0, 0.1},
    {70, -1, 0, 0.1},
    {80, -1, 0, 0.1},
    {90, -1, 0, 0.1},
    {100, -1, 0, 0.1},
}};

}  // namespace siam
