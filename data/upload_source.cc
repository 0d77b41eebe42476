// Two streams share `staged_`: that of the copies writes it, that of the steps reads it.
//
//   steps   | staged -> images | step i                | staged -> images | step i+1
//   copies                     | batch i+1 -> staged |                    | batch i+2 -> staged |
//
// A step needs its images to its end; `staged_` is free from its beginning on, so that the next
// upload runs beside it.

#include "data/upload_source.h"

#include "data/loader.h"
#include "tensor/cuda/fence.h"
#include "tensor/cuda/handles.h"
#include "tensor/cuda/runtime.h"

namespace siam {

namespace {

class UploadSource : public BatchSource {
 public:
  UploadSource(std::shared_ptr<const Dataset> dataset, const AugmentConfig& augment,
               const BatchConfig& config)
      : loader_(std::move(dataset), augment, config, &cuda::pinned_allocator()),
        images_(Tensor::empty({config.views * config.batch_size, augment.size, augment.size, 3},
                              DType::f32, Device::cuda)),
        staged_(images_.empty_like()),
        copies_(cuda::make_stream()) {
    taken_.mark();  // behind what the memory's earlier owners have queued
  }

  ~UploadSource() override {
    try {
      uploaded_.wait();  // then the batch's memory and staged_ are free
    } catch (const Error&) {
      // The device failed, and said so to who used it.
    }
  }

  void start_epoch(int epoch, int64_t first) override { loader_.start_epoch(epoch, first); }

  void advance() override {
    loader_.advance();
    uploaded_.wait();  // then the batch before, held here so far, may go
    uploading_ = loader_.batch();
    {
      const cuda::ScopedStream scope(copies_);
      taken_.hold_stream();
      cuda::queue_copy(staged_.raw(), uploading_.images.raw(), staged_.bytes());
      uploaded_.mark();
    }
    uploaded_.hold_stream();
    images_.copy_from(staged_);
    taken_.mark();
  }

  Batch batch() override { return {images_, uploading_.samples}; }
  int64_t batches_per_epoch() const override { return loader_.batches_per_epoch(); }
  double wait_seconds() const override { return loader_.wait_seconds(); }

 private:
  Loader loader_;
  Batch uploading_;  ///< in page-locked memory
  Tensor images_;    ///< the batch that steps see
  Tensor staged_;    ///< the next one
  cuda::Stream copies_;
  cuda::Fence uploaded_;  ///< behind the last upload
  cuda::Fence taken_;     ///< behind the last use of staged_ by the steps' stream
};

}  // namespace

std::unique_ptr<BatchSource> make_upload_source(std::shared_ptr<const Dataset> dataset,
                                                const AugmentConfig& augment,
                                                const BatchConfig& config) {
  return std::make_unique<UploadSource>(std::move(dataset), augment, config);
}

}  // namespace siam
