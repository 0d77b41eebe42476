// A block per view: it draws the view's parameters, and makes the view in shared memory.

#include "data/device_images.h"
#include "data/device_source.h"
#include "data/view_block.h"
#include "tensor/cuda/thread_block.h"
#include "tensor/dispatch_types.h"
#include "tensor/profile.h"

namespace siam {

namespace {

using cuda::kBlock;

struct Images {
  const uint8_t* pixels;  ///< [N,height,width,3]
  int height, width;
};

/// A block's view of a training batch. What changes from batch to batch is read from device memory,
/// so that a captured launch can be replayed.
struct RandomViews {
  const int32_t* state;  ///< the epoch, and the batch in it
  const int32_t* order;  ///< [N], the epoch's permutation
  uint64_t seed;
  int64_t batch_size, first, samples;  ///< `samples` of the batch are made, from its `first` on

  __device__ int64_t sample(int64_t block) const {
    return order[state[1] * batch_size + first + ViewIndex(block, samples).sample];
  }
  __device__ AugmentParameters draw(const AugmentConfig& config, const Images& images,
                                    int64_t block) const {
    Random random(seed, Purpose::augment, static_cast<uint32_t>(state[0]),
                  static_cast<uint32_t>(sample(block)),
                  static_cast<uint32_t>(ViewIndex(block, samples).view));
    return augment_math::draw(config, images.height, images.width, random);
  }
};

/// The evaluation transform of consecutive images.
struct CentralViews {
  int64_t first;

  __device__ int64_t sample(int64_t block) const { return first + block; }
  __device__ AugmentParameters draw(const AugmentConfig& config, const Images& images,
                                    int64_t) const {
    return augment_math::central(config, images.height, images.width);
  }
};

template <class Views, class T>
__global__ void __launch_bounds__(kBlock)
    make_views(Images images, Views views, AugmentConfig config, ViewLayout layout, T* out) {
  float* shared = cuda::dynamic_shared();
  auto* parameters = reinterpret_cast<AugmentParameters*>(shared + layout.parameters);
  if (threadIdx.x == 0) *parameters = views.draw(config, images, blockIdx.x);
  __syncthreads();
  const int64_t image = int64_t{images.height} * images.width * 3;
  const int64_t view = int64_t{config.size} * config.size * 3;
  ViewProgram<cuda::ThreadBlock, T>::run(
      cuda::ThreadBlock{}, shared, layout, images.pixels + views.sample(blockIdx.x) * image,
      images.width, config, *parameters, out + blockIdx.x * view);
}

/// The shared memory that a block of make_views may ask for, in bytes: merge_block() needs a little
/// of its own.
int most_shared() {
  int limit = 0;
  CUDA_CHECK(
      cudaDeviceGetAttribute(&limit, cudaDevAttrMaxSharedMemoryPerBlockOptin, cuda::device()));
  return limit - 1024;
}

/// Makes views of one data set, one per block.
class ViewMaker {
 public:
  ViewMaker(const Dataset& dataset, const AugmentConfig& config)
      : images_(DeviceImages::of(dataset)),
        config_(config),
        layout_(config, images_->height, images_->width) {}

  /// To be called before the first make() of that kind and type, outside of a capture. The limit
  /// is one per kernel, for all data sets: the most that there is.
  template <class Views>
  void prepare(DType type) const {
    for_float(type, [&]<class T>(T) {
      CUDA_CHECK(cudaFuncSetAttribute(make_views<Views, T>,
                                      cudaFuncAttributeMaxDynamicSharedMemorySize, most_shared()));
    });
  }
  template <class Views>
  void make(const Views& views, const Tensor& out) const {
    const Images images{images_->pixels.data<uint8_t>(), images_->height, images_->width};
    KernelCall call("make_views", out);
    for_float(out.dtype(), [&]<class T>(T) {
      cuda::launch_with_shared(make_views<Views, T>, dim3(static_cast<unsigned>(out.dim(0))),
                               dim3(kBlock), static_cast<size_t>(layout_.total) * 4, images, views,
                               config_, layout_, out.data<T>());
    });
    call.finish();
  }
  Tensor empty(int64_t count, DType type) const {
    return Tensor::empty({count, config_.size, config_.size, 3}, type, Device::cuda);
  }

 private:
  std::shared_ptr<const DeviceImages> images_;
  AugmentConfig config_;
  ViewLayout layout_;
};

__global__ void next_batch(int32_t* state) { ++state[1]; }

class DeviceSource : public BatchSource {
 public:
  DeviceSource(std::shared_ptr<const Dataset> dataset, const AugmentConfig& augment,
               const BatchConfig& config, DType type)
      : dataset_(std::move(dataset)),
        config_(config),
        maker_(*dataset_, augment),
        order_(Tensor::zeros({dataset_->size()}, DType::i32, Device::cuda)),
        state_(Tensor::zeros({2}, DType::i32, Device::cuda)),
        views_(maker_.empty(config.views * config.samples(), type)) {
    maker_.prepare<RandomViews>(type);
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

  void advance() override {
    check(next_ < batches_per_epoch(), "batch source: the epoch is over; call start_epoch");
    ++next_;
  }

  Batch batch() override {
    maker_.make(RandomViews{state_.data<int32_t>(), order_.data<int32_t>(), config_.seed,
                            config_.batch_size, config_.first(), config_.samples()},
                views_);
    cuda::launch(next_batch, dim3(1), dim3(1), state_.data<int32_t>());
    const auto begin = samples_.begin() + (next_ - 1) * config_.batch_size + config_.first();
    return {views_, {begin, begin + config_.samples()}};
  }

  int64_t batches_per_epoch() const override { return dataset_->size() / config_.batch_size; }
  double wait_seconds() const override { return 0; }

 private:
  std::shared_ptr<const Dataset> dataset_;
  BatchConfig config_;
  ViewMaker maker_;
  Tensor order_, state_;
  Tensor views_;  ///< the batch; each overwrites the one before
  std::vector<int64_t> samples_;
  int64_t next_ = 0;
};

/// True if an image and its view fit into a block's shared memory.
bool fits(const Dataset& dataset, const AugmentConfig& augment) {
  const Image first = dataset.image(0);
  return ViewLayout(augment, first.height, first.width).total * 4 <= most_shared();
}

}  // namespace

std::unique_ptr<BatchSource> make_device_source(std::shared_ptr<const Dataset> dataset,
                                                const AugmentConfig& augment,
                                                const BatchConfig& config, DType type) {
  check_batches(config, *dataset);
  if (!fits(*dataset, augment)) return nullptr;
  return std::make_unique<DeviceSource>(std::move(dataset), augment, config, type);
}

TestImages device_test_images(const Dataset& dataset, const AugmentConfig& augment, DType type) {
  if (!fits(dataset, augment)) return {};
  const ViewMaker maker(dataset, augment);
  maker.prepare<CentralViews>(type);
  return [maker, type](int64_t begin, int64_t end) {
    const Tensor images = maker.empty(end - begin, type);
    maker.make(CentralViews{begin}, images);
    return images;
  };
}

}  // namespace siam
