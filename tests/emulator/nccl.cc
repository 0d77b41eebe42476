// The part of NCCL that tensor/cuda/library/nccl.cc calls, between processes of one machine: each
// has a mailbox in a file that all map. An exchange is work of a stream that posts this rank's
// data, waits until all have posted theirs, and takes it. It starts by itself, as on a GPU, since
// another process may wait for it.

#include <fcntl.h>
#include <nccl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "tests/emulator/stream.h"

namespace {

constexpr int kMostRanks = 8;
constexpr size_t kCapacity = size_t{1} << 28;  // of a mailbox; the file is sparse

/// What one rank sends to each of the others.
struct Mailbox {
  std::atomic<uint64_t> posted, taken;  ///< exchanges
  struct {
    size_t at, bytes;
  } of[kMostRanks];
  char data[kCapacity];
};

struct Piece {
  int peer;
  char* data;
  size_t bytes;
};
/// Sends at most one piece to each peer, and receives at most one from each.
struct Exchange {
  std::vector<Piece> sends, receives;
  ncclComm_t comm = nullptr;
  cudaStream_t stream = nullptr;
};

thread_local int group_depth = 0;
thread_local Exchange group;

[[noreturn]] void fatal(const char* what) {
  std::fprintf(stderr, "emulator: nccl: %s\n", what);
  std::abort();
}

template <class Done>
void wait_until(const Done& done) {
  while (!done()) usleep(20);
}

char* bytes_of(const void* data) { return static_cast<char*>(const_cast<void*>(data)); }

}  // namespace

struct ncclComm {
  int rank, size;
  Mailbox* boxes;
  std::atomic<int>* arrived;
  uint64_t exchanges = 0;
  std::atomic<bool> failed = false, over = false;
  std::thread gpu;

  void run(const Exchange& exchange) {
    const uint64_t number = ++exchanges;
    // A peer is lost at this exchange: work on the GPU waits for it forever.
    if (const char* last = std::getenv("SIMSIAM_EMULATOR_NCCL_FAILS_AT"))
      if (number == static_cast<uint64_t>(std::atoll(last))) {
        failed = true;
        wait_until([] { return false; });
      }
    const auto all = [&](std::atomic<uint64_t> Mailbox::*what, uint64_t least) {
      wait_until([&] {
        for (int i = 0; i < size; ++i)
          if ((boxes[i].*what).load() < least) return false;
        return true;
      });
    };
    all(&Mailbox::taken, number - 1);
    Mailbox& own = boxes[rank];
    size_t at = 0;
    for (auto& each : own.of) each = {0, 0};
    for (const Piece& piece : exchange.sends) {
      if (at + piece.bytes > kCapacity) fatal("more than a mailbox holds");
      std::memcpy(own.data + at, piece.data, piece.bytes);
      own.of[piece.peer] = {at, piece.bytes};
      at += piece.bytes;
    }
    own.posted = number;
    all(&Mailbox::posted, number);
    for (const Piece& piece : exchange.receives) {
      const auto& sent = boxes[piece.peer].of[rank];
      if (sent.bytes != piece.bytes) fatal("a rank sends another number of bytes than is received");
      std::memcpy(piece.data, boxes[piece.peer].data + sent.at, piece.bytes);
    }
    own.taken = number;
  }
};

namespace {

ncclResult_t enqueue(Exchange exchange) {
  const cudaStream_t stream = exchange.stream;
  const auto work = [exchange = std::move(exchange)] { exchange.comm->run(exchange); };
  const cudaError_t error = emulator::enqueue(stream, work, emulator::Start::by_itself);
  return error == cudaSuccess ? ncclSuccess : ncclUnhandledCudaError;
}

}  // namespace

extern "C" {

ncclResult_t ncclGetUniqueId(ncclUniqueId* id) {
  std::string path = std::filesystem::temp_directory_path() / "simsiam-nccl-XXXXXX";
  const int file = mkstemp(path.data());
  if (file < 0 || path.size() >= sizeof id->internal) return ncclSystemError;
  close(file);
  std::strcpy(id->internal, path.c_str());
  return ncclSuccess;
}

ncclResult_t ncclCommInitRank(ncclComm_t* comm, int size, ncclUniqueId id, int rank) {
  if (size > kMostRanks || emulator::check_device() != cudaSuccess) return ncclInvalidUsage;
  const size_t boxes = sizeof(Mailbox) * static_cast<size_t>(size), page = 4096;
  const int file = open(id.internal, O_RDWR);
  if (file < 0 || ftruncate(file, static_cast<off_t>(boxes + page)) != 0) return ncclSystemError;
  void* memory = mmap(nullptr, boxes + page, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (memory == MAP_FAILED) return ncclSystemError;
  *comm = new ncclComm{.rank = rank,
                       .size = size,
                       .boxes = static_cast<Mailbox*>(memory),
                       .arrived = reinterpret_cast<std::atomic<int>*>(bytes_of(memory) + boxes),
                       .gpu = {}};
  ++*(*comm)->arrived;
  wait_until([&] { return *(*comm)->arrived == size; });
  unlink(id.internal);
  (*comm)->gpu = std::thread([comm = *comm] {
    for (; !comm->over; usleep(200)) emulator::run_started();
  });
  return ncclSuccess;
}

ncclResult_t ncclCommDestroy(ncclComm_t comm) {
  comm->over = true;
  comm->gpu.join();
  munmap(comm->boxes, sizeof(Mailbox) * static_cast<size_t>(comm->size) + 4096);
  delete comm;
  return ncclSuccess;
}

ncclResult_t ncclCommGetAsyncError(ncclComm_t comm, ncclResult_t* error) {
  *error = comm->failed ? ncclRemoteError : ncclSuccess;
  return ncclSuccess;
}

const char* ncclGetErrorString(ncclResult_t error) {
  return error == ncclRemoteError ? "remote process exited or there was a network error"
                                  : "an error of the emulator";
}
const char* ncclGetLastError(ncclComm_t) { return ""; }

// All peers take the one piece that is posted.
ncclResult_t ncclAllGather(const void* send, void* receive, size_t count, ncclDataType_t type,
                           ncclComm_t comm, cudaStream_t stream) {
  if (type != ncclUint8) return ncclInvalidArgument;
  Exchange exchange{.sends = {}, .receives = {}, .comm = comm, .stream = stream};
  for (int peer = 0; peer < comm->size; ++peer) {
    exchange.sends.push_back({peer, bytes_of(send), count});
    exchange.receives.push_back(
        {peer, bytes_of(receive) + static_cast<size_t>(peer) * count, count});
  }
  return enqueue(std::move(exchange));
}

ncclResult_t ncclBroadcast(const void* send, void* receive, size_t count, ncclDataType_t type,
                           int root, ncclComm_t comm, cudaStream_t stream) {
  if (type != ncclUint8) return ncclInvalidArgument;
  Exchange exchange{
      .sends = {}, .receives = {{root, bytes_of(receive), count}}, .comm = comm, .stream = stream};
  for (int peer = 0; comm->rank == root && peer < comm->size; ++peer)
    exchange.sends.push_back({peer, bytes_of(send), count});
  return enqueue(std::move(exchange));
}

// Outside a group a send would wait for its receive.
ncclResult_t ncclSend(const void* data, size_t count, ncclDataType_t type, int peer,
                      ncclComm_t comm, cudaStream_t stream) {
  if (type != ncclUint8 || group_depth == 0) return ncclInvalidUsage;
  group.sends.push_back({peer, bytes_of(data), count});
  group.comm = comm;
  group.stream = stream;
  return ncclSuccess;
}
ncclResult_t ncclRecv(void* data, size_t count, ncclDataType_t type, int peer, ncclComm_t,
                      cudaStream_t) {
  if (type != ncclUint8 || group_depth == 0) return ncclInvalidUsage;
  group.receives.push_back({peer, bytes_of(data), count});
  return ncclSuccess;
}
ncclResult_t ncclGroupStart() {
  ++group_depth;
  return ncclSuccess;
}
ncclResult_t ncclGroupEnd() {
  if (--group_depth > 0) return ncclSuccess;
  return enqueue(std::exchange(group, {}));
}

}  // extern "C"
