// Verdicts on the paper's claims, from invented accuracies.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "experiments/presets.h"
#include "experiments/study.h"

namespace siam {

namespace {

using Values = std::vector<double>;

const Claim kAbove{.text = "better", .left = "a", .right = "b", .source = "Table 1"};
const Claim kAlike{.text = "as good",
                   .left = "a",
                   .right = "b",
                   .source = "Table 2",
                   .order = Claim::Order::alike,
                   .margin = 2};

Verdict verdict(const Claim& claim, const Values& left, const Values& right) {
  return judge(claim, left, right).verdict;
}

RunRecord run(const std::string& name, double knn, double linear) {
  return {.name = name,
          .epochs = {{.epoch = 1, .knn = 10}, {.epoch = 2, .knn = knn, .linear = linear}}};
}

}  // namespace

// {60, 62, 64} have mean 62 and variance 4; the variance of the mean is 4/3, of a difference of two
// 8/3.
TEST_CASE("a difference with its standard error, by hand") {
  const Finding finding = judge(kAbove, Values{60, 62, 64}, Values{57, 59, 61});
  CHECK(finding.difference == doctest::Approx(3));
  CHECK(finding.standard_error == doctest::Approx(std::sqrt(8.0 / 3)));
  CHECK(finding.seeds == 3);
}

TEST_CASE("an order is shown, contradicted, or not resolved") {
  CHECK(verdict(kAbove, {60, 62, 64}, {56, 58, 60}) == Verdict::shown);  // 4 > 2 sqrt(8/3) = 3.27
  CHECK(verdict(kAbove, {60, 62, 64}, {57, 59, 61}) == Verdict::not_resolved);
  CHECK(verdict(kAbove, {56, 58, 60}, {60, 62, 64}) == Verdict::contradicted);
  CHECK(verdict(kAbove, {57, 59, 61}, {60, 62, 64}) == Verdict::not_resolved);
  CHECK(verdict(kAbove, {90}, {10}) == Verdict::not_resolved);  // one seed shows nothing
  CHECK(verdict(kAbove, {90, 91}, {10}) == Verdict::not_resolved);
}

TEST_CASE("two runs are alike within a margin") {
  CHECK(verdict(kAlike, {60.0, 60.1, 60.2}, {60.5, 60.6, 60.7}) == Verdict::shown);
  CHECK(verdict(kAlike, {60.5, 60.6, 60.7}, {60.0, 60.1, 60.2}) == Verdict::shown);
  CHECK(verdict(kAlike, {60, 62, 64}, {60, 62, 64}) == Verdict::not_resolved);
  CHECK(verdict(kAlike, {60.0, 60.1, 60.2}, {63.0, 63.1, 63.2}) == Verdict::contradicted);
}

TEST_CASE("runs are found by name, and judged by the probe where all seeds have one") {
  std::vector<RunRecord> runs = {run("a", 50, 70), run("a", 51, 71), run("b", 60, 60),
                                 run("b", 61, 61)};
  const std::vector<Claim> claims = {
      kAbove, {.text = "of runs that are not there", .left = "a", .right = "c", .source = "none"}};
  std::vector<Finding> findings = judge(claims, runs);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].difference == doctest::Approx(10));
  CHECK(findings[0].verdict == Verdict::shown);
  runs[3].epochs.back().linear = kNotMeasured;
  findings = judge(claims, runs);
  CHECK(findings[0].difference == doctest::Approx(-10));
  CHECK(findings[0].verdict == Verdict::contradicted);
  const Table table = claims_table(findings);
  REQUIRE(table.rows.size() == 1);
  CHECK(table.rows[0] ==
        std::vector<std::string>{"better", "Table 1", "a > b", "-10.0 ± 0.7", "2", "contradicted"});
}

TEST_CASE("a run is compared with its own networks before training") {
  std::vector<RunRecord> runs = {run("a", 40, 50), run("a", 42, 52)};
  for (RunRecord& each : runs) each.untrained.linear = each.untrained.knn = 45;
  const Claim claims[] = {{.text = "it learns", .left = "a", .right = kUntrained, .source = "-"}};
  CHECK(judge(claims, runs).at(0).difference == doctest::Approx(6));
  for (RunRecord& each : runs) each.epochs.back().linear = kNotMeasured;
  CHECK(judge(claims, runs).at(0).difference == doctest::Approx(-4));
}

TEST_CASE("every study that compares runs has claims, on its own runs") {
  for (const char* name : {"quick", "cifar10"}) {
    const Config config = preset(name);
    for (const Study& study : all_studies()) {
      if (study.name == "pretrain" || study.map) continue;  // one run; no claims
      CAPTURE(study.name);
      const std::vector<Run> runs = study.runs({config, 50000});
      REQUIRE(study.claims);
      const std::vector<Claim> claims = study.claims(runs);
      CHECK(!claims.empty());
      for (const Claim& claim : claims) {
        CAPTURE(claim.text);
        for (const std::string& side : {claim.left, claim.right}) {
          const bool there = std::any_of(runs.begin(), runs.end(),
                                         [&](const Run& run) { return run.name == side; });
          CHECK((there || (side == claim.right && side == kUntrained)));
        }
        CHECK(claim.left != claim.right);
        CHECK(!claim.source.empty());
        CHECK((claim.margin > 0) == (claim.order == Claim::Order::alike));
      }
    }
  }
}

// The paper's own numbers must not contradict the claims attributed to it.
TEST_CASE("the paper's accuracies agree with the claims") {
  int judged = 0;
  for (const Study& study : all_studies()) {
    if (!study.claims) continue;
    const std::vector<Run> runs = study.runs({preset("cifar10"), 50000});
    for (const Claim& claim : study.claims(runs)) {
      CAPTURE(claim.text);
      const auto accuracy = [&](const std::string& name) {
        if (name == kUntrained) return 1.0;  // in percent; at least chance on ImageNet
        return std::find_if(runs.begin(), runs.end(),
                            [&](const Run& run) { return run.name == name; })
            ->paper.accuracy;
      };
      const double left = accuracy(claim.left), right = accuracy(claim.right);
      if (std::isnan(left) || std::isnan(right)) continue;
      ++judged;
      if (claim.order == Claim::Order::above)
        CHECK(left > right);
      else
        CHECK(std::abs(left - right) <= claim.margin);
    }
  }
  CHECK(judged >= 18);
}

}  // namespace siam
