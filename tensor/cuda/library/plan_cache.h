#pragma once
// Library plans, which are requested from cuDNN or cuBLASLt once per problem.

#include <map>
#include <mutex>

namespace siam::cuda {

/// Each plan is made once, by make(key), and never moved afterwards. May be called from any thread.
/// make() may request the plans of other keys.
template <class Key, class Plan>
class PlanCache {
 public:
  template <class Make>
  const Plan& get(const Key& key, const Make& make) {
    std::lock_guard lock(mutex_);
    auto found = plans_.find(key);
    if (found == plans_.end()) found = plans_.emplace(key, make(key)).first;
    return found->second;
  }

 private:
  std::recursive_mutex mutex_;
  std::map<Key, Plan> plans_;
};

}  // namespace siam::cuda
