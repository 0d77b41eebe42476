#include "experiments/guarded.h"

#include <filesystem>
#include <new>

#include "experiments/console.h"
#include "experiments/interrupt.h"
#include "tensor/print.h"

namespace siam {

namespace {

int end(int status, const std::string& message) {
  print(stderr, one_line(message) + "\n");
  return status;
}

}  // namespace

std::string foreign_error(const std::exception& error) {
  if (const auto* file = dynamic_cast<const std::filesystem::filesystem_error*>(&error))
    return fmt::format(
        "{}: {}; a path is needed that can be read, and written where results go; check it",
        file->path1().string(), file->code().message());
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr)
    return "out of memory; more of it is needed; close other programs, or choose less at once "
           "(--batch-size, --micro-batch, --train-samples)";
  return fmt::format(
      "{}; a message that says what is needed is missing here, which is a fault of this program; "
      "report it with the command line",
      error.what());
}

int guarded(const std::function<int()>& body) {
  prepare_process();
  try {
    return body();
  } catch (const Interrupted& error) {
    return end(interrupt_status(), error.what());
  } catch (const UsageError& error) {
    return end(2, fmt::format("error: {}", error.what()));
  } catch (const Error& error) {
    return end(1, fmt::format("error: {}", error.what()));
  } catch (const std::exception& error) {
    return end(1, fmt::format("error: {}", foreign_error(error)));
  } catch (...) {
    return end(1, fmt::format("error: {}", foreign_error(std::exception())));
  }
}

}  // namespace siam
