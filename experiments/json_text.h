#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace siam {

/// For a file: indented, with a newline at its end. Infinite and NaN are null; bytes that are not
/// UTF-8, as in the name of a file, are replaced, so that they do not lose the rest.
inline std::string json_text(const nlohmann::ordered_json& json) {
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace siam
