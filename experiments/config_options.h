#pragma once
// The options that are fields of the configuration.

#include <functional>
#include <string>

#include "simsiam/config.h"
#include "simsiam/setting.h"

namespace CLI {
class App;
}

namespace siam {

/// The title of a group of options in --help.
std::string title_of(Group group);

/// Adds an option for every row of the configuration's table; what is not given keeps its value.
/// The result is to be called when the command line is parsed: it takes over what is written as
/// words. It throws UsageError for a name that there is not.
std::function<void()> add_config_options(CLI::App& app, Config& config);

/// "cpu", "cuda", or "auto": a GPU if there is one. UsageError for another name, Error if it cannot
/// be had.
Device device_named(const std::string& name);

}  // namespace siam
