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

/// Adds an option for every row of the configuration's table; options that are not given keep their
/// values. Call the result after the command line is parsed: it sets the options whose values are
/// names, and throws UsageError for a name that does not exist.
std::function<void()> add_config_options(CLI::App& app, Config& config);

/// "cpu", "cuda", or "auto": a GPU if there is one. UsageError for another name, Error if the
/// device is not available.
Device device_named(const std::string& name);

}  // namespace siam
