#include "experiments/guarded.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <new>

#include "experiments/console.h"
#include "experiments/interrupt.h"
#include "simsiam/monitor.h"
#include "tensor/print.h"

namespace siam {

namespace {

// How a body ends. With several processes, all end alike, or only this one ends, or this one ends
// because another one has.
enum class Ends { alike, here, elsewhere };

struct Ending {
  int status;
  std::string prefix = {}, message = {};
  Ends which = Ends::alike;
};

Ending ending_of(const std::function<int()>& body) {
  const std::string error = "error: ";
  try {
    return {body()};
  } catch (const Interrupted& interrupt) {
    return {interrupt_status(), "", interrupt.what()};
  } catch (const UsageError& usage) {
    return {2, error, usage.what()};
  } catch (const EndedElsewhere& other) {
    return {1, error, other.what(), Ends::elsewhere};
  } catch (const Error& own) {
    return {1, error, own.what(), Ends::here};
  } catch (const std::exception& foreign) {
    return {1, error, foreign_error(foreign), Ends::here};
  } catch (...) {
    return {1, error, foreign_error(std::exception()), Ends::here};
  }
}

void say(const Ending& ending) {
  if (!ending.message.empty()) print(stderr, one_line(ending.prefix + ending.message) + "\n");
}

// An error that all ranks meet is reported by rank 0, while the others wait to be ended by it.
[[noreturn]] void end_all(const Communicator& ranks, Ending ending) {
  constexpr unsigned kSecondsForTheLeader = 2, kSecondsForAnother = 10;
  std::signal(SIGTERM, SIG_DFL);
  const bool alike = ending.which == Ends::alike;
  if (ending.which == Ends::elsewhere)
    sleep(kSecondsForAnother);
  else if (ranks.rank() > 0)
    sleep(kSecondsForTheLeader);
  if (!alike)
    ending.message = fmt::format("rank {} of {}: {}", ranks.rank(), ranks.size(), ending.message);
  if (!alike || ranks.rank() == 0) say(ending);
  ranks.abort(ending.status);
  std::_Exit(ending.status);  // GCC 12 does not see that the call above does not return
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
  const Ending ending = ending_of(body);
  say(ending);
  return ending.status;
}

int guarded_on_ranks(const std::function<int(const Communicator&)>& body) {
  std::unique_ptr<const Communicator> ranks;
  const int started = guarded([&] {
    ranks = launched_ranks();
    return 0;
  });
  if (started != 0) return started;
  if (ranks->rank() > 0 && std::freopen("/dev/null", "w", stdout) == nullptr) std::fclose(stdout);
  const Ending ending = ending_of([&] { return body(*ranks); });
  const bool agreed = ending.message.empty() || ending.prefix.empty();
  if (!agreed && ranks->size() > 1) end_all(*ranks, ending);
  say(ending);
  return ending.status;
}

void need_one_process(std::string_view program) {
  if (const int count = launched_processes(); count > 1)
    throw UsageError(fmt::format(
        "{} was started as {} processes; one is needed; start it without mpirun, or by srun -n 1",
        program, count));
}

}  // namespace siam
