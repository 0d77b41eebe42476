#include "tensor/io/strict_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_set>
#include <vector>

#include "tensor/check.h"

namespace siam {

namespace {

using nlohmann::json;

// Receives the text's parts one after another from nlohmann::json.
class MemberReader : public nlohmann::json_sax<json> {
 public:
  MemberReader(std::string_view what, JsonLimits limits,
               const std::function<void(const std::string&, const json&)>& take)
      : what_(what), limits_(limits), take_(take) {}

  bool null() override { return leaf(nullptr); }
  bool boolean(bool value) override { return leaf(value); }
  bool number_integer(number_integer_t value) override { return leaf(value); }
  bool number_unsigned(number_unsigned_t value) override { return leaf(value); }
  bool number_float(number_float_t value, const string_t&) override { return leaf(value); }
  bool string(string_t& value) override { return leaf(std::move(value)); }
  bool binary(binary_t&) override { return false; }  // not in a text

  bool start_object(size_t) override {
    if (inside_) return open(json::object());
    inside_ = true;
    return true;
  }
  bool start_array(size_t) override { return open(json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    const bool outermost = open_.empty();
    const bool twice = outermost ? !names_.insert(name).second : open_.back()->contains(name);
    if (twice) require(false, fmt::format("has the key '{}' twice", name));
    check(names_.size() <= limits_.members,
          "{} has more than {} entries; no more are read; split it", what_, limits_.members);
    (outermost ? name_ : key_) = std::move(name);
    return true;
  }

  bool parse_error(size_t, const std::string&, const json::exception& error) override {
    std::string what = error.what();
    std::replace(what.begin(), what.end(), '\n', ' ');
    require(false, fmt::format("is not JSON ({})", what));
    return false;
  }

 private:
  void require(bool ok, std::string_view seen) const {
    check(ok, "{} {}; a whole file is needed; use another copy of it", what_, seen);
  }
  // Where a value of the current member belongs.
  json* place(json value) {
    require(inside_, "is not a JSON object");
    if (open_.empty()) return &(member_ = std::move(value));
    json& parent = *open_.back();
    if (parent.is_object()) return &(parent[key_] = std::move(value));
    parent.push_back(std::move(value));
    return &parent.back();
  }
  bool leaf(json value) {
    place(std::move(value));
    if (open_.empty()) take_(name_, member_);
    return true;
  }
  bool open(json value) {
    require(open_.size() + 1 < limits_.depth, "is nested too many levels deep");
    open_.push_back(place(std::move(value)));
    return true;
  }
  bool close() {
    if (open_.empty()) return true;  // the outermost object
    open_.pop_back();
    if (open_.empty()) take_(name_, member_);
    return true;
  }

  std::string_view what_;
  JsonLimits limits_;
  const std::function<void(const std::string&, const json&)>& take_;
  bool inside_ = false;  // the outermost object
  std::unordered_set<std::string> names_;
  std::string name_, key_;
  json member_;
  std::vector<json*> open_;  // objects and lists of the member that have not ended
};

}  // namespace

void read_json_object(std::string_view what, std::string_view text, JsonLimits limits,
                      const std::function<void(const std::string&, const json&)>& take) {
  MemberReader reader(what, limits, take);
  json::sax_parse(text, &reader);
}

}  // namespace siam
