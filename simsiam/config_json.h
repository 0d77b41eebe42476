#pragma once
// Settings as JSON.

#include <nlohmann/json.hpp>

#include "simsiam/metrics.h"

namespace siam {

/// An object with an entry per setting, in their order.
inline nlohmann::ordered_json to_json(const ConfigEntries& entries) {
  auto object = nlohmann::ordered_json::object();
  for (const auto& [name, value] : entries)
    std::visit([&](const auto& each) { object[name] = each; }, value);
  return object;
}

}  // namespace siam
