#include "experiments/readme.h"

#include <cmath>

#include "experiments/seeds.h"
#include "tensor/check.h"

namespace siam {

namespace {

std::string signed_number(double value, int digits) {
  return fmt::format("{}{}", value < 0 ? "−" : "", format_number(std::abs(value), digits));
}

// For each run: the linear probe's accuracy, with its deviation over the seeds, if measured;
// otherwise loss / std*sqrt(d) / kNN.
std::string ends(const std::vector<SeedGroup>& groups) {
  std::string text;
  for (const SeedGroup& group : groups) {
    const auto last = [&](auto field) { return last_measured(group.mean, field); };
    text += fmt::format("{}{} ", text.empty() ? "" : "; ", group.mean.name);
    text += std::isnan(last(&EpochMetrics::linear))
                ? fmt::format("{} / {} / {}", signed_number(last(&EpochMetrics::loss), 2),
                              format_number(last(&EpochMetrics::std), 2),
                              format_number(last(&EpochMetrics::knn), 1))
                : format_last(group, &EpochMetrics::linear, 1);
  }
  return text;
}

// One seed decides nothing.
std::string verdicts(std::span<const Finding> findings) {
  std::string text;
  for (const Finding& finding : findings)
    if (finding.seeds > 1)
      text += fmt::format("{}{}: **{}**", text.empty() ? "" : "; ", finding.claim.text,
                          name_of(finding.verdict));
  return text;
}

}  // namespace

std::string readme_row(const Study& study, std::span<const RunRecord> runs,
                       std::span<const Finding> findings, const std::string& preset) {
  const std::vector<SeedGroup> groups = group_seeds(runs);
  return fmt::format(
      "| `./experiments/{}` | {} | {} | {} | [figure](experiments/results/{}/{}/figure.svg) |",
      study.program, study.paper, study.map ? heat_map_summary(groups) : ends(groups),
      verdicts(findings), preset, study.name);
}

std::string with_readme_row(std::string markdown, const std::string& row) {
  const std::string any = "\n| `./experiments/";
  const size_t old = markdown.find(fmt::format("\n{}", row.substr(0, row.find('|', 1) + 1)));
  if (old != std::string::npos)
    return markdown.replace(old + 1, markdown.find('\n', old + 1) - old - 1, row);
  const size_t last = markdown.rfind(any);
  check(last != std::string::npos,
        "README: no row that begins with '{}'; a table of the studies is needed; name the file "
        "that has it",
        any.substr(1));
  const size_t end = markdown.find('\n', last + 1);
  return markdown.insert(end == std::string::npos ? markdown.size() : end, "\n" + row);
}

}  // namespace siam
