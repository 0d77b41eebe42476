#pragma once
// What the paper reports, by the configuration for which it reports it.

#include "simsiam/config.h"

namespace siam {

/// ImageNet linear accuracy of the baseline, in percent (Table 1): the predictor's rate decays like
/// the encoder's, or is constant (in the ablations from Sec. 4.3 on).
inline double paper_baseline(const Config& config) {
  return config.constant_predictor_rate ? 68.1 : 67.7;
}

}  // namespace siam
