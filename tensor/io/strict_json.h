#pragma once
// Untrusted JSON, read member by member: linear in the size of the text, with at most one member of
// it in memory at a time.

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace siam {

/// Limits on the content of a text.
struct JsonLimits {
  size_t depth;    ///< levels of objects and lists, the outermost included
  size_t members;  ///< of the outermost object
};

/// Calls `take(name, value)` for each member of the object that `text` is, in the order of the
/// text. Error, in which `what` is the text's name, if it is not JSON, not an object, beyond the
/// limits, or if any object in it has a key twice.
void read_json_object(
    std::string_view what, std::string_view text, JsonLimits limits,
    const std::function<void(const std::string& name, const nlohmann::json&)>& take);

}  // namespace siam
