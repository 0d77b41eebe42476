// A block per view: it draws the view's parameters, and makes the view in shared memory.

#include <cstring>

#include "data/device_source.h"
#include "data/view_block.h"
#include "tensor/cuda/thread_block.h"
#include "tensor/dispatch_types.h"

namespace siam {

namespace {

using cuda::kBlock;

/// What changes from batch to batch is read from device memory, so that a captured launch can be
/// replayed.
struct Position {
  const int32_t* state;  ///< the epoch, and the batch in it
  const int32_t* order;  ///< [N], the epoch's permutation
};

struct Images {
  const uint8_t* pixels;  ///< [N,height,width,3]
  int height, width;
};

template <class T>
__global__ void __launch_bounds__(kBlock)
    make_views(Images images, Position position, AugmentConfig config, ViewLayout layout,
               uint64_t seed, int64_t batch_size, T* out) {
  float* shared = cuda::dynamic_shared();
  const ViewIndex index(blockIdx.x, batch_size);
  const int32_t sample = position.order[position.state[1] * batch_size + index.sample];
  auto* parameters = reinterpret_cast<AugmentParameters*>(shared + layout.parameters);
  if (threadIdx.x == 0) {
    Random random(seed, Purpose::augment, static_cast<uint32_t>(position.state[0]),
                  static_cast<uint32_t>(sample), static_cast<uint32_t>(index.view));
    *parameters = augment_math::draw(config, images.height, images.width, random);
  }
  __syncthreads();
  const int64_t image = int64_t{images.height} * images.width * 3;
  const int64_t view = int64_t{config.size} * config.size * 3;
  ViewProgram<cuda::ThreadBlock, T>::run(cuda::ThreadBlock{}, shared, layout,
                                         images.pixels + sample * image, images.width, config,
                                         *parameters, out + blockIdx.x * view);
}

__global__ void next_batch(int32_t* state) { ++state[1]; }

class DeviceSource : public BatchSource {
 public:
  DeviceSource(std::shared_ptr<const Dataset> dataset, const AugmentConfig& augment,
               const BatchConfig& config, DType type)
      : dataset_(std::move(dataset)),
        augment_(augment),
        config_(config),
        height_(dataset_->image(0).height),
        width_(dataset_->image(0).width),
        layout_(augment, height_, width_),
        pixels_(upload()),
        order_(Tensor::zeros({dataset_->size()}, DType::i32, Device::cuda)),
        state_(Tensor::zeros({2}, DType::i32, Device::cuda)),
        views_(Tensor::empty({config.views * config.batch_size, augment.size, augment.size, 3},
                             type, Device::cuda)) {
    for_float(type, [&]<class T>(T) {
      CUDA_CHECK(cudaFuncSetAttribute(make_views<T>, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                      layout_.total * 4));
    });
  }

  void start_epoch(int epoch, int64_t first) override {
    samples_ = permutation(dataset_->size(),
                           Random(config_.seed, Purpose::shuffle, static_cast<uint32_t>(epoch)));
    const std::vector<int32_t> order(samples_.begin(), samples_.end());
    order_.copy_from(Tensor::from<int32_t>(order_.shape(), order));
    const int32_t state[2] = {epoch, static_cast<int32_t>(first)};
    state_.copy_from(Tensor::from<int32_t>({2}, state));
    next_ = first;
  }

  Batch next() override {
    check(next_ < batches_per_epoch(),
          "batch source: {} batches of the epoch are made; begin the next", next_);
    const Position position{state_.data<int32_t>(), order_.data<int32_t>()};
    const Images images{pixels_.data<uint8_t>(), height_, width_};
    for_float(views_.dtype(), [&]<class T>(T) {
      cuda::launch_with_shared(make_views<T>, dim3(static_cast<unsigned>(views_.dim(0))),
                               dim3(kBlock), static_cast<size_t>(layout_.total) * 4, images,
                               position, augment_, layout_, config_.seed, config_.batch_size,
                               views_.data<T>());
    });
    cuda::launch(next_batch, dim3(1), dim3(1), state_.data<int32_t>());
    Batch batch{views_, Tensor::empty({config_.batch_size}, DType::i32), advance()};
    for (size_t i = 0; i < batch.samples.size(); ++i)
      batch.labels.data<int32_t>()[i] = dataset_->label(batch.samples[i]);
    return batch;
  }

  int64_t batches_per_epoch() const override { return dataset_->size() / config_.batch_size; }
  double wait_seconds() const override { return 0; }
  bool capturable() const override { return true; }

  std::vector<int64_t> advance() override {
    const auto begin = samples_.begin() + next_++ * config_.batch_size;
    return {begin, begin + config_.batch_size};
  }

 private:
  Tensor upload() const {
    const Tensor host = Tensor::empty({dataset_->size(), height_, width_, 3}, DType::u8);
    const size_t bytes = static_cast<size_t>(height_) * width_ * 3;
    for (int64_t i = 0; i < dataset_->size(); ++i)
      std::memcpy(host.data<uint8_t>() + i * bytes, dataset_->image(i).pixels, bytes);
    return host.to(Device::cuda);
  }

  std::shared_ptr<const Dataset> dataset_;
  AugmentConfig augment_;
  BatchConfig config_;
  int height_, width_;
  ViewLayout layout_;
  Tensor pixels_;  ///< u8 [N,height,width,3]
  Tensor order_, state_;
  Tensor views_;  ///< the batch; each overwrites the one before
  std::vector<int64_t> samples_;
  int64_t next_ = 0;
};

}  // namespace

std::unique_ptr<BatchSource> make_device_source(std::shared_ptr<const Dataset> dataset,
                                                const AugmentConfig& augment,
                                                const BatchConfig& config, DType type) {
  check(config.batch_size <= dataset->size(),
        "{} training images for a batch of {}; a batch must fit; use a smaller --batch-size or "
        "more images",
        dataset->size(), config.batch_size);
  int device = 0, limit = 0;
  CUDA_CHECK(cudaGetDevice(&device));
  CUDA_CHECK(cudaDeviceGetAttribute(&limit, cudaDevAttrMaxSharedMemoryPerBlockOptin, device));
  const Image first = dataset->image(0);
  // merge_block() needs a little shared memory of its own.
  if (ViewLayout(augment, first.height, first.width).total * 4 + 1024 > limit) return nullptr;
  return std::make_unique<DeviceSource>(std::move(dataset), augment, config, type);
}

}  // namespace siam
