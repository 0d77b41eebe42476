#include "tensor/cpu/onednn_plan.h"

#include <fmt/ranges.h>

#include <map>
#include <mutex>
#include <unordered_map>

#include "tensor/cpu/onednn.h"

namespace siam::cpu {
namespace onednn {

namespace {

constexpr size_t kMaxPlans = 1024;  ///< a network has about 100; past this all are made anew

std::mutex mutex;
std::map<PlanKey, std::shared_ptr<const Plan>> plans;

Tensor scratch(size_t bytes) { return Tensor::empty({static_cast<int64_t>(bytes)}, DType::u8); }

dnnl::memory memory_at(const dnnl::memory::desc& layout, const Tensor& tensor) {
  return {layout, cpu_engine(), tensor.raw()};
}

Operand operand(int argument, const dnnl::memory::desc& user, const dnnl::memory::desc& inside,
                const dnnl::memory::desc& from, const dnnl::memory::desc& to) {
  Operand result{argument, user, inside, {}, 0};
  if (user == inside) return result;
  const dnnl::reorder::primitive_desc description(cpu_engine(), from, cpu_engine(), to,
                                                  user_scratchpad());
  result.reorder = dnnl::reorder(description);
  result.scratchpad = description.scratchpad_desc().get_size();
  return result;
}

void run_reorder(const Operand& operand, dnnl::stream& stream, const dnnl::memory& from,
                 const dnnl::memory& to) {
  const Tensor pad = scratch(operand.scratchpad);
  const dnnl::memory::desc layout({static_cast<int64_t>(operand.scratchpad)},
                                  dnnl::memory::data_type::u8, dnnl::memory::format_tag::a);
  std::unordered_map<int, dnnl::memory> arguments{{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
  if (operand.scratchpad) arguments[DNNL_ARG_SCRATCHPAD] = memory_at(layout, pad);
  operand.reorder.execute(stream, arguments);
}

}  // namespace

dnnl::engine& cpu_engine() {
  static dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

dnnl::primitive_attr user_scratchpad() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

Operand input(int argument, const dnnl::memory::desc& user, const dnnl::memory::desc& inside) {
  return operand(argument, user, inside, user, inside);
}

Operand output(int argument, const dnnl::memory::desc& user, const dnnl::memory::desc& inside) {
  return operand(argument, user, inside, inside, user);
}

std::shared_ptr<const Plan> find_plan(const PlanKey& key, const std::function<Plan()>& create) {
  const std::scoped_lock lock(mutex);
  if (const auto found = plans.find(key); found != plans.end()) return found->second;
  if (plans.size() >= kMaxPlans) plans.clear();
  return plans[key] = std::make_shared<const Plan>(create());
}

void execute(const Plan& plan, const Tensor& a, const Tensor& b, const Tensor& result) {
  dnnl::stream stream(cpu_engine());
  std::unordered_map<int, dnnl::memory> arguments;
  std::array<Tensor, 4> held;  // keeps reordered operands until the primitive has run
  int count = 0;
  const auto inside = [&](const Operand& operand) {
    return memory_at(operand.inside, held[count++] = scratch(operand.inside.get_size()));
  };
  const auto bind_input = [&](const Operand& operand, const Tensor& tensor) {
    dnnl::memory memory = memory_at(operand.user, tensor);
    if (operand.reorder) {
      const dnnl::memory reordered = inside(operand);
      run_reorder(operand, stream, memory, reordered);
      memory = reordered;
    }
    arguments[operand.argument] = memory;
  };
  bind_input(plan.a, a);
  bind_input(plan.b, b);
  const dnnl::memory user = memory_at(plan.result.user, result);
  const dnnl::memory written = plan.result.reorder ? inside(plan.result) : user;
  arguments[plan.result.argument] = written;
  if (const size_t bytes = plan.scratchpad.get_size())
    arguments[DNNL_ARG_SCRATCHPAD] = memory_at(plan.scratchpad, held[count++] = scratch(bytes));
  plan.primitive.execute(stream, arguments);
  if (plan.result.reorder) run_reorder(plan.result, stream, written, user);
  stream.wait();
}

}  // namespace onednn

std::vector<std::string> onednn_implementations() {
  static constexpr const char* kNames[] = {"conv2d", "conv2d_backward_data"};
  const std::scoped_lock lock(onednn::mutex);
  std::vector<std::string> names;
  for (const auto& [key, plan] : onednn::plans)
    names.push_back(fmt::format("{} [{}]: {}", kNames[static_cast<int>(key.op)],
                                fmt::join(key.sizes, ", "), plan->implementation));
  return names;
}

}  // namespace siam::cpu
