#include "simsiam/objective.h"

#include <fstream>
#include <limits>
#include <string>

#include "simsiam/config.h"
#include "simsiam/objectives.h"

namespace siam {

std::string_view name_of(Method method) {
  constexpr std::string_view names[] = {"simsiam", "alternating", "expectation", "simclr", "byol"};
  return names[static_cast<int>(method)];
}

SimSiamObjective::Result SimSiamObjective::operator()(const Views& views) {
  const auto [z, p] = model_(views.images, mode_);
  return {simsiam_loss(p, z, loss_), z.value()};
}

SimClrObjective::Result SimClrObjective::operator()(const Views& views) {
  const Variable z = model_(views.images, mode_).z;
  return {nt_xent(cast(z, DType::f32), temperature_), z.value()};
}

std::unique_ptr<Objective> make_objective(const Config& config, const SimSiam& model,
                                          RunSize size) {
  switch (config.objective.method) {
    case Method::simsiam: return std::make_unique<SimSiamObjective>(config, model);
    case Method::alternating: return std::make_unique<Alternating>(config, model, size);
    case Method::expectation: return std::make_unique<Expectation>(config, model, size);
    case Method::simclr: return std::make_unique<SimClrObjective>(config, model);
    case Method::byol: return std::make_unique<Byol>(config, model);
  }
  fail("objective: unknown method {}", static_cast<int>(config.objective.method));
}

namespace {

// Linux promises memory it does not have, so the kernel's own estimate is asked.
uint64_t available_memory() {
  std::ifstream file("/proc/meminfo");
  for (std::string name; file >> name;) {
    uint64_t kib = 0;
    if (name == "MemAvailable:" && file >> kib) return kib * 1024;
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return std::numeric_limits<uint64_t>::max();
}

}  // namespace

void need_memory(std::string_view what, uint64_t bytes, Device device) {
  if (device != Device::cpu) return;  // the GPU's allocator says so itself
  const uint64_t free = available_memory();
  constexpr double kMiB = 1048576.0;
  check(bytes <= free,
        "{}: {:.0f} MiB are needed; {:.0f} MiB are free on this machine; use fewer steps per "
        "target, a smaller --dim or --batch-size, or a part of the data (--train-samples)",
        what, static_cast<double>(bytes) / kMiB, static_cast<double>(free) / kMiB);
}

}  // namespace siam
