#include "experiments/config_options.h"

#include <deque>
#include <memory>

#include "experiments/number_option.h"
#include "simsiam/config_table.h"
#include "simsiam/setting_text.h"

namespace siam {

namespace {

std::string join_or(const auto& members, std::string text = {}) {
  size_t left = std::size(members);
  for (const auto each : members) {
    if (!text.empty()) text += left == 1 ? " or " : ", ";
    text += name_of(each);
    --left;
  }
  return text;
}

// Values that are names are kept as typed until everything is parsed, since --help comes first.
struct Words {
  std::deque<std::string> texts;  ///< at fixed addresses
  std::vector<std::function<void()>> readings;
};

class OptionAdder {
 public:
  OptionAdder(CLI::App& app, Words& words) : app_(app), words_(words) {}

  template <class Member>
  void operator()(const Setting& setting, Member& member) const {
    add(setting, member)->group(title_of(setting.group));
  }

 private:
  template <class Number>
  requires std::is_arithmetic_v<Number> CLI::Option* add(const Setting& setting,
                                                         Number& number) const {
    return add_number(app_, setting.flag, number, setting.help);
  }
  CLI::Option* add(const Setting& setting, bool& value) const {
    const std::string flag = setting.flag;
    if (flag[0] == '!') return app_.add_flag(flag, value, setting.help);
    return app_.add_flag(fmt::format("{0},!--no-{1}", flag, flag.substr(2)), value,
                         fmt::format("{}; default: {}", setting.help, value ? "yes" : "no"));
  }
  CLI::Option* add(const Setting& setting, Device& device) const {
    std::string& text = words_.texts.emplace_back("auto");
    words_.readings.push_back([&] { device = device_named(text); });
    return app_.add_option(
        setting.flag, text,
        fmt::format("{}; {}", join_or(members_of<Device>(), "auto"), setting.help));
  }
  template <Enumeration E>
  CLI::Option* add(const Setting& setting, E& value) const {
    return add_text(setting, value, join_or(members_of<E>()) + " is",
                    fmt::format("{}: {}", setting.help, join_or(members_of<E>())));
  }
  CLI::Option* add(const Setting& setting, ResNetArch& arch) const {
    const std::string names = resnet_choices();
    return add_text(setting, arch, names + " is", fmt::format("{}: {}", setting.help, names));
  }
  CLI::Option* add(const Setting& setting, WeightsHash& hash) const {
    std::string& file = words_.texts.emplace_back();
    words_.readings.push_back([&] {
      if (!file.empty()) hash = weights_hash(file);
    });
    return app_.add_option(setting.flag, file, setting.help)->always_capture_default(false);
  }
  template <NumberList List>
  CLI::Option* add(const Setting& setting, List& list) const {
    return add_text(setting, list, fmt::format("{} numbers are", std::size(list)), setting.help);
  }

  // `needed`: "a, b or c is".
  template <class Value>
  CLI::Option* add_text(const Setting& setting, Value& value, const std::string& needed,
                        const std::string& help) const {
    std::string& text = words_.texts.emplace_back(to_text(value));
    words_.readings.push_back([&text, &value, needed, flag = setting.flag] {
      if (!from_text(text, value))
        throw UsageError(
            fmt::format("{} {}; {} needed; change it or leave it out", flag, text, needed));
    });
    return app_.add_option(setting.flag, text, help);
  }

  CLI::App& app_;
  Words& words_;
};

}  // namespace

std::string title_of(Group group) {
  constexpr const char* kTitles[] = {"Run",          "Data",     "Method", "Network",
                                     "Augmentation", "Hardware", "Output"};
  return kTitles[static_cast<size_t>(group)];
}

Device device_named(const std::string& name) {
  if (name == "auto") return cuda_available() ? Device::cuda : Device::cpu;
  Device device{};
  if (!from_text(name, device))
    throw UsageError(
        fmt::format("--device {}; auto, cpu or cuda is needed; use one of them", name));
  if (device == Device::cuda) check(cuda_available(), "--device cuda: {}", why_no_cuda());
  return device;
}

std::function<void()> add_config_options(CLI::App& app, Config& config) {
  const auto words = std::make_shared<Words>();
  for_each_setting(config, OptionAdder(app, *words));
  return [words] {
    for (const auto& read : words->readings) read();
  };
}

}  // namespace siam
