#include "simsiam/config.h"

#include <cmath>
#include <limits>

#include "simsiam/config_table.h"
#include "simsiam/setting_text.h"
#include "tensor/counted.h"

namespace siam {

namespace {

// Stands for any number, boolean or enumeration.
struct Scalar {
  template <class T>
  requires std::is_scalar_v<T>
  constexpr operator T() const;
};

// The number of scalars that fill an aggregate, nested members included.
template <class T, class... Scalars>
consteval size_t scalars_in() {
  if constexpr (requires { T{Scalars{}..., Scalar{}}; })
    return scalars_in<T, Scalars..., Scalar>();
  else
    return sizeof...(Scalars);
}

consteval size_t scalars_in_table() {
  Config config;
  size_t count = 0;
  for_each_setting(config, [&](const Setting&, const auto& member) {
    using Member = std::decay_t<decltype(member)>;
    if constexpr (NumberList<decltype(member)>)
      count += std::size(member);
    else if constexpr (std::is_aggregate_v<Member>)
      count += scalars_in<Member>();
    else
      ++count;
  });
  return count;
}

static_assert(scalars_in<Config>() == scalars_in_table(),
              "a field of Config has no row in simsiam/config_table.h");

// A float as the decimal it was written as: 0.2, not 0.200000003.
double decimal(double value) { return value; }
double decimal(float value) {
  const std::string text = fmt::format("{}", value);
  double result = 0;
  std::from_chars(text.data(), text.data() + text.size(), result);
  return result;
}

template <class T>
ConfigValue value_of(const T& member) {
  if constexpr (std::is_same_v<T, bool>)
    return member;
  else if constexpr (std::is_integral_v<T>)
    return static_cast<int64_t>(member);
  else if constexpr (std::is_floating_point_v<T>)
    return decimal(member);
  else
    return to_text(member);
}

void need(bool ok, const char* flag, const auto& seen, std::string_view needed) {
  if (!ok)
    throw UsageError(fmt::format("{} {}; {}; change it or leave it out", flag, seen, needed));
}

std::string needed(const Range& range) {
  std::string text = "a positive number is needed";
  if (!range.open)
    text = std::isinf(range.most) ? fmt::format("{} or more is needed", range.least)
                                  : fmt::format("{} to {} is needed", range.least, range.most);
  return *range.reason == '\0' ? text : fmt::format("{}: {}", text, range.reason);
}

// Each field by itself.
void check_ranges(const Config& config) {
  for_each_setting(config, [](const Setting& setting, const auto& member) {
    const auto check_one = [&](const auto& number) {
      using Number = std::decay_t<decltype(number)>;
      if constexpr (std::is_floating_point_v<Number>)
        need(setting.range.holds(decimal(number)), setting.flag, number, needed(setting.range));
      else if constexpr (std::is_integral_v<Number> && !std::is_same_v<Number, bool>)
        need(setting.range.holds(static_cast<double>(number)), setting.flag, number,
             needed(setting.range));
    };
    if constexpr (NumberList<decltype(member)>)
      for (const auto& each : member) check_one(each);
    else if constexpr (std::is_same_v<std::decay_t<decltype(member)>, ResNetArch>)
      for (const int count : member.blocks)
        need(setting.range.holds(count), setting.flag, to_text(member),
             fmt::format("{} to {} blocks are needed", setting.range.least, setting.range.most));
    else
      check_one(member);
  });
}

}  // namespace

Config settled(Config config) {
  config.loss_scale = config.gradient_scale();
  return config;
}

void check_batch(const Config& config, int64_t images) {
  check(images >= 2,
        "{} to train on; two or more are needed, since batch normalisation compares "
        "them; use more images",
        counted(images, "image"));
  check(config.batch_size <= images,
        "a batch of {} of {} images; at most all of them are needed; use a smaller --batch-size or "
        "more images",
        config.batch_size, images);
}

void check_ranks(const Config& config, int ranks) {
  if (ranks == 1) return;
  need(config.batch_size % ranks == 0, "--batch-size", config.batch_size,
       fmt::format("it is shared by {} processes: a multiple of that is needed", ranks));
}

void check_config(const Config& config) {
  check_ranges(config);
  need(config.learning_rate() <= std::numeric_limits<float>::max(), "--lr",
       config.base_learning_rate, "a positive rate within f32's range is needed");
  need(config.loss_scale == 0 || config.loss_scale >= 1 / kMaxLossScale, "--loss-scale",
       config.loss_scale,
       fmt::format("{:.2g} to {}, or 0 for the default, is needed", 1 / kMaxLossScale,
                   kMaxLossScale));
  need(config.warmup_epochs < config.epochs, "--warmup", config.warmup_epochs,
       "fewer than --epochs are needed");
  const AugmentConfig& augment = config.augment;
  need(augment.min_scale <= augment.max_scale, "--min-scale", augment.min_scale,
       fmt::format("at most --max-scale, {}, is needed", augment.max_scale));
  need(augment.min_sigma <= augment.max_sigma, "--min-sigma", augment.min_sigma,
       fmt::format("at most --max-sigma, {}, is needed", augment.max_sigma));
  need(config.loss.pairs == 1 || config.objective.method == Method::simsiam, "--pairs",
       config.loss.pairs,
       fmt::format("1 is needed with --method {}", name_of(config.objective.method)));
  need(config.loss.stop_gradient || config.loss.similarity == Similarity::cosine, "--similarity",
       name_of(config.loss.similarity),
       "cosine is needed with --no-stop-gradient, since a cross-entropy's target must be constant");
}

std::vector<SettingValue> settings_of(const Config& config) {
  std::vector<SettingValue> settings;
  for_each_setting(config, [&](const Setting& setting, const auto& member) {
    settings.push_back({setting, value_of(member)});
  });
  return settings;
}

ConfigEntries describe(const Config& config) {
  static const std::vector<SettingValue> defaults = settings_of(settled({}));
  ConfigEntries entries;
  size_t row = 0;
  for (const auto& [setting, value] : settings_of(settled(config))) {
    const bool changed = value != defaults[row++].value;
    if (setting.stated == Stated::always || (setting.stated == Stated::if_changed && changed))
      entries.emplace_back(setting.name, value);
  }
  return entries;
}

}  // namespace siam
