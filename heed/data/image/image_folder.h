// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "heed/data/image/image_corpus.h"
#include "heed/data/image/image_corpus_options.h"

namespace heed::image {

/// Reads the images that the user gave, decoded and all of one size:
///
///     read_image_corpus({"flowers"});                // a folder: [train|valid|test/]CLASS/name.png, or
///                                                    // without classes
///     read_image_corpus({"cifar10-train.tar.gz"});   // the same in an archive
///     read_image_corpus({"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"});
///     read_image_corpus({"mnist"});                  // a folder of such idx files
///     read_image_corpus({"photo.jpg"});              // a single image
///     read_image_corpus({"images.safetensors"});     // the output of write_image_cache
///
/// See image_names.h for the layout of folders, and idx_corpus.h for idx files. Images are sorted by name
/// within a split: the corpus does not depend on the order of a folder or an archive.
///
/// With a size and a fitter in the options every image gets that size. Without a size it is that of most
/// images. Of images of another size, at most one in ten is skipped; more are an error that says how many
/// sizes there are. Unreadable images are skipped, too. Skipped images are counted, with a warning for each of
/// the first five; with `strict` the first one throws Error(kData), and so do more skipped images than others.
/// A class without a readable image is an error. If `channels` is 0, grey images beside ones with colours
/// become RGB. A note to the log says which classes and splits were found.
///
/// Memory is that of the pixels and of one decoded image. Throws Error(kData) if nothing can be read, besides
/// the errors of the readers, and std::invalid_argument for invalid options.
ImageCorpus read_image_corpus(const std::vector<std::filesystem::path>& data,
                              const ImageCorpusOptions& options = {});

}  // namespace heed::image
