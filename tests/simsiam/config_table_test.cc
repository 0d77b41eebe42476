// The table of the configuration: whatever iterates over it handles every row.

#include "simsiam/config_table.h"

#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "simsiam/run_identity.h"
#include "tensor/cpu/instruction_set.h"
#include "tests/simsiam/other_value.h"

namespace siam {

TEST_CASE("every row has a field, a name and a flag of its own") {
  Config config;
  std::set<const void*> fields;
  std::set<std::string> names, flags;
  for_each_setting(config, [&](const Setting& setting, auto& member) {
    CAPTURE(std::string(setting.name));
    CHECK(fields.insert(&member).second);
    CHECK(names.insert(setting.name).second);
    CHECK(flags.insert(setting.flag).second);
    CHECK(std::string(setting.help) != "");
  });
}

TEST_CASE("a number outside its range is an error that names the flag") {
  int numbers = 0;
  const auto refused = [&](const Setting& setting, const Config& config) {
    CAPTURE(std::string(setting.name));
    CHECK_THROWS_WITH_AS(check_config(config), doctest::Contains(setting.flag), UsageError);
    ++numbers;
  };
  Config config;
  for_each_setting(config, [&](const Setting& setting, auto& member) {
    using Member = std::decay_t<decltype(member)>;
    if constexpr (std::is_arithmetic_v<Member> && !std::is_same_v<Member, bool>) {
      const Member before = member;
      for (const double beyond : {setting.range.least - 1, setting.range.most * 2 + 1})
        if (std::isfinite(beyond)) {
          member = static_cast<Member>(beyond);
          refused(setting, config);
        }
      if (setting.range.open) {
        member = 0;
        refused(setting, config);
      }
      member = before;
    } else if constexpr (requires { member[0]; }) {
      const auto before = member[2];
      member[2] = 1001;
      refused(setting, config);
      member[2] = before;
    }
  });
  CHECK(numbers > 50);
  check_config(config);
}

TEST_CASE("values that do not go together are errors") {
  const auto refused = [](const auto& change, const char* expected) {
    Config config;
    change(config);
    CHECK_THROWS_WITH_AS(check_config(config), doctest::Contains(expected), UsageError);
  };
  refused([](Config& c) { c.warmup_epochs = c.epochs; }, "--warmup 100; fewer than --epochs");
  refused([](Config& c) { c.augment.max_scale = 0.1f; },
          "--min-scale 0.2; at most --max-scale, 0.1, is needed; change it or leave it out");
  refused([](Config& c) { c.augment.min_sigma = 3; }, "--min-sigma 3; at most --max-sigma, 2,");
  refused(
      [](Config& c) { c.loss = {.stop_gradient = false, .similarity = Similarity::cross_entropy}; },
      "--similarity cross-entropy; cosine is needed with --no-stop-gradient");
  refused([](Config& c) { c.loss.pairs = 2, c.objective.method = Method::byol; },
          "--pairs 2; 1 is needed with --method byol; change it or leave it out");
}

TEST_CASE("whatever leaves a trace in the numbers is in a run's identity, and nothing else") {
  const std::string expected = run_identity({}, "data").dump();
  Config config;
  for_each_setting(config, [&](const Setting& setting, auto& member) {
    CAPTURE(std::string(setting.name));
    const Config before = config;
    set_other(member);
    CHECK((run_identity(config, "data").dump() != expected) == (setting.stated != Stated::never));
    config = before;
  });
  CHECK(run_identity(config, "others") != run_identity(config, "data"));
}

TEST_CASE("kernels that round otherwise make another run, wider vectors do not") {
  std::set<std::string> identities;
  const auto available = cpu::available_instruction_sets();
  for (const cpu::InstructionSet set : available) {
    const cpu::ScopedInstructionSet scope(set);
    identities.insert(run_identity({}, "data").dump());
  }
  CHECK(identities.size() == (available.size() > 1 ? 2 : 1));
  Config gpu;
  gpu.device = Device::cuda;
  CHECK(run_identity(gpu, "data").at("kernels") == "cuda");
}

TEST_CASE("a setting reads as it was written: a float is the decimal it was") {
  for (const auto& [name, value] : describe({}))
    if (name == "hue") CHECK(std::get<double>(value) == 0.1);
  Config config;
  config.precision = DType::f16;
  CHECK(describe(config).size() == describe({}).size() + 1);  // its loss scale
}

}  // namespace siam
