#pragma once
// The paper's claims about accuracies, and our runs' verdicts on them.

#include <span>
#include <string>
#include <vector>

#include "experiments/report.h"
#include "simsiam/metrics.h"

namespace siam {

/// As `right` of a claim: the networks of the left run before training.
inline constexpr const char* kUntrained = "untrained";

/// That one run of a study ends with a higher accuracy than another, or that two end alike.
struct Claim {
  enum class Order {
    above,  ///< left's accuracy is higher
    alike   ///< they differ by less than `margin` points
  };
  std::string text;         ///< "a predictor is needed"
  std::string left, right;  ///< runs, by name; right may be kUntrained
  std::string source;       ///< in the paper
  Order order = Order::above;
  double margin = 0;
};

enum class Verdict {
  shown,         ///< by more than two standard errors
  not_resolved,  ///< the difference is within two standard errors, or they are not known
  contradicted   ///< the opposite, by more than two standard errors
};

struct Finding {
  Claim claim;
  /// Difference of the mean final accuracies, left minus right, in percent, and its standard error;
  /// NaN with one seed.
  double difference = kNotMeasured, standard_error = kNotMeasured;
  int seeds = 0;  ///< of the run that has fewer
  Verdict verdict = Verdict::not_resolved;
};

/// Judges a claim by the accuracies of each seed, in percent. `alike` is shown if the difference is
/// below the margin by more than two standard errors, and contradicted if it is above by as much.
Finding judge(const Claim& claim, std::span<const double> left, std::span<const double> right);
/// Judges each claim whose runs exist, by the linear probe if all seeds of both have one, and by
/// kNN otherwise.
std::vector<Finding> judge(std::span<const Claim> claims, std::span<const RunRecord> runs);

/// The text above such a table.
inline constexpr const char* kVerdicts =
    "The paper's claims about accuracies, judged by ours (the linear probe's if there is one, else "
    "kNN's). Shown, contradicted: the difference of the means over seeds is more than two standard "
    "errors beyond what the claim needs; not resolved: it is less, or there is only one seed.";
/// A row per claim: text, source, difference and standard error, seeds, verdict in one or two
/// words.
Table claims_table(std::span<const Finding> findings);
const char* name_of(Verdict verdict);

}  // namespace siam
