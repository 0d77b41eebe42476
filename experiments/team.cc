#include "experiments/team.h"

#include <cstring>
#include <optional>
#include <type_traits>

#include "simsiam/checkpoint_config.h"

namespace siam {

// All ranks run the same program, so an order is sent as it is in memory.
void Team::say(const Order& order) const {
  static_assert(std::is_trivially_copyable_v<Order>);
  if (ranks_.size() == 1) return;
  const Tensor bytes = Tensor::empty({sizeof order}, DType::u8);
  std::memcpy(bytes.raw(), &order, sizeof order);
  ranks_.broadcast(bytes);
}

Team::Order Team::hear() const {
  const Tensor bytes = Tensor::empty({sizeof(Order)}, DType::u8);
  ranks_.broadcast(bytes);
  Order order{};
  std::memcpy(&order, bytes.raw(), sizeof order);
  return order;
}

int Team::follow(const TrainTest& data, TrainedModel* initial) const {
  std::optional<Trainer> trainer;
  while (true) {
    const Order order = hear();
    try {
      switch (order.work) {
        case Work::begin:
          trainer.reset();  // its memory serves the next one
          trainer.emplace(order.config, data, initial, ranks_);
          break;
        case Work::measure: trainer->measure(); break;
        case Work::share: trainer->share(); break;
        case Work::epoch: trainer->train_epoch([this](const StepInfo&) { step([] {}); }); break;
        case Work::end: return order.status;
      }
    } catch (const EndedElsewhere&) {  // the leader goes on, or ends
    } catch (const NotFinite&) {       // as on the leader
    }
  }
}

void Team::share_interrupts() const {
  const Tensor signals = ranks_.all_gather(Tensor::full({}, interrupt_signal(), DType::i32));
  for (const int32_t signal : signals.span<int32_t>())
    if (signal != 0) take_interrupt(signal);
}

}  // namespace siam
