#include "experiments/claims.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "experiments/moments.h"
#include "experiments/results.h"

namespace siam {

namespace {

// The square of the standard error of a mean.
double squared_error(const Moments& sample, size_t count) {
  return sample.deviation * sample.deviation / static_cast<double>(count);
}

// The accuracies by which a network is judged.
constexpr double EpochMetrics::*kAccuracies[] = {&EpochMetrics::linear, &EpochMetrics::knn};

// For every seed of a run.
template <class Value>
std::vector<double> values_of(std::span<const RunRecord> runs, const std::string& name,
                              const Value& value) {
  std::vector<double> values;
  for (const RunRecord& run : runs)
    if (run.name == name) values.push_back(value(run));
  return values;
}

bool all_measured(const std::vector<double>& values) {
  return std::none_of(values.begin(), values.end(), [](double x) { return std::isnan(x); });
}

}  // namespace

Finding judge(const Claim& claim, std::span<const double> left, std::span<const double> right) {
  const Moments a = moments(left), b = moments(right);
  Finding finding{
      .claim = claim,
      .difference = a.mean - b.mean,
      .standard_error = std::sqrt(squared_error(a, left.size()) + squared_error(b, right.size())),
      .seeds = static_cast<int>(std::min(left.size(), right.size()))};
  // By how many points the claim holds; NaN is neither above nor below.
  const double holds = claim.order == Claim::Order::above
                           ? finding.difference
                           : claim.margin - std::abs(finding.difference);
  const double doubt = 2 * finding.standard_error;
  if (holds > doubt) finding.verdict = Verdict::shown;
  if (holds < -doubt) finding.verdict = Verdict::contradicted;
  return finding;
}

std::vector<Finding> judge(std::span<const Claim> claims, std::span<const RunRecord> runs) {
  std::vector<Finding> findings;
  for (const Claim& claim : claims)
    for (const auto accuracy : kAccuracies) {
      const auto last = [&](const RunRecord& run) { return last_measured(run, accuracy); };
      const auto first = [&](const RunRecord& run) { return run.untrained.*accuracy; };
      const std::vector<double> left = values_of(runs, claim.left, last),
                                right = claim.right == kUntrained
                                            ? values_of(runs, claim.left, first)
                                            : values_of(runs, claim.right, last);
      if (left.empty() || right.empty() || !all_measured(left) || !all_measured(right)) continue;
      findings.push_back(judge(claim, left, right));
      break;
    }
  return findings;
}

Table claims_table(std::span<const Finding> findings) {
  Table table{{{"claim", Align::left},
               {"paper", Align::left},
               {"runs", Align::left},
               {"difference (points)"},
               {"seeds"},
               {"verdict", Align::left}},
              {}};
  for (const Finding& finding : findings) {
    const Claim& claim = finding.claim;
    const bool above = claim.order == Claim::Order::above;
    table.rows.push_back({claim.text, claim.source,
                          fmt::format("{} {} {}", claim.left, above ? ">" : "≈", claim.right),
                          fmt::format("{:+.1f}{}", finding.difference,
                                      std::isnan(finding.standard_error)
                                          ? ""
                                          : fmt::format(" ± {:.1f}", finding.standard_error)),
                          fmt::format("{}", finding.seeds), name_of(finding.verdict)});
  }
  return table;
}

const char* name_of(Verdict verdict) {
  return verdict == Verdict::shown          ? "shown"
         : verdict == Verdict::contradicted ? "contradicted"
                                            : "not resolved";
}

}  // namespace siam
