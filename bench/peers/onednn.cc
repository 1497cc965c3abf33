// SPDX-License-Identifier: MIT
// oneDNN as a contender: one convolution of float32, by the fastest of its implementations.
//
//   onednn nchw|blocked THREADS FOLDER BATCH INCHANNELS INHEIGHT INWIDTH OUTCHANNELS KERNEL STRIDE PADDING GROUPS
//
// Reads FOLDER/x (NCHW) and FOLDER/weights (OIHW), writes FOLDER/y (NCHW), prints {"what": "..."}; then, for each line
// of stdin, a number of calls, prints {"seconds": ...} that they took. "blocked": inputs and outputs stay in the layouts
// that the implementation likes best. "nchw": plain arrays in and out, reorders included where it likes others better.
//
// Candidates are direct and, for 3x3 kernels, Winograd, each with layouts of its choice and with plain ones. The
// interface is that of oneDNN 2, which still has Winograd on x86 (3 has dropped it).
#include <omp.h>
#if defined(__linux__)
#include <signal.h>
#include <sys/prctl.h>
#endif

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <dnnl.hpp>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#if DNNL_VERSION_MAJOR != 2
#error "This needs oneDNN 2"
#endif

namespace {

using dnnl::memory;
using Tag = memory::format_tag;
using Clock = std::chrono::steady_clock;

struct Problem {
  long batch, inChannels, inHeight, inWidth, outChannels, kernel, stride, padding, groups;

  long outSize(long size) const { return (size + 2 * padding - kernel) / stride + 1; }
  memory::dims inputSizes() const { return {batch, inChannels, inHeight, inWidth}; }
  memory::dims outputSizes() const { return {batch, outChannels, outSize(inHeight), outSize(inWidth)}; }
  memory::dims weightsSizes() const {
    if (groups == 1) return {outChannels, inChannels, kernel, kernel};
    return {groups, outChannels / groups, inChannels / groups, kernel, kernel};
  }
};

memory::desc describe(const memory::dims& sizes, Tag tag) { return {sizes, memory::data_type::f32, tag}; }

double secondsOf(const std::function<void()>& run, int calls) {
  const auto start = Clock::now();
  for (int i = 0; i < calls; i++) run();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// A prepared convolution, its weights in their final layout.
class Candidate {
 public:
  // Throws dnnl::error where there is no such implementation.
  Candidate(const dnnl::engine& engine, const Problem& p, dnnl::algorithm algorithm, bool plain, memory& x,
            memory& weights, memory& y)
      : engine_(engine), queue_(engine), plainX_(x), plainY_(y), desc_(primitive(engine, p, algorithm, plain)),
        conv_(desc_), x_(sameOr(x, desc_.src_desc())), y_(sameOr(y, desc_.dst_desc())),
        weights_(sameOr(weights, desc_.weights_desc())) {
    if (weights_ != weights) dnnl::reorder(weights, weights_).execute(queue_, weights, weights_);
    if (x_ != x) toX_ = dnnl::reorder(x, x_);
    if (y_ != y) fromY_ = dnnl::reorder(y_, y);
    run(true);
  }

  void run(bool reorders) {
    if (reorders && x_ != plainX_) toX_.execute(queue_, plainX_, x_);
    conv_.execute(queue_, {{DNNL_ARG_SRC, x_}, {DNNL_ARG_WEIGHTS, weights_}, {DNNL_ARG_DST, y_}});
    if (reorders && y_ != plainY_) fromY_.execute(queue_, y_, plainY_);
    queue_.wait();
  }

  std::string implementation() const { return desc_.impl_info_str(); }

 private:
  static dnnl::convolution_forward::primitive_desc primitive(const dnnl::engine& engine, const Problem& p,
                                                             dnnl::algorithm algorithm, bool plain) {
    const Tag tag = plain ? Tag::nchw : Tag::any;
    const memory::dims strides{p.stride, p.stride}, padding{p.padding, p.padding};
    return {{dnnl::prop_kind::forward_inference, algorithm, describe(p.inputSizes(), tag),
             describe(p.weightsSizes(), Tag::any), describe(p.outputSizes(), tag), strides, padding, padding},
            engine};
  }
  memory sameOr(const memory& plain, const memory::desc& wanted) const {
    return plain.get_desc() == wanted ? plain : memory(wanted, engine_);
  }

  dnnl::engine engine_;
  dnnl::stream queue_;
  memory plainX_, plainY_;
  dnnl::convolution_forward::primitive_desc desc_;
  dnnl::convolution_forward conv_;
  memory x_, y_, weights_;
  dnnl::reorder toX_, fromY_;
};

void read(const std::string& file, memory& to) {
  std::ifstream in(file, std::ios::binary);
  const auto bytes = static_cast<std::streamsize>(to.get_desc().get_size());
  if (!in.read(static_cast<char*>(to.get_data_handle()), bytes)) {
    fprintf(stderr, "%s cannot be read\n", file.c_str());
    exit(1);
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 13) {
    fprintf(stderr, "expected 12 arguments but received %d: see onednn.cc\n", count - 1);
    return 2;
  }
#if defined(__linux__)
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // even while it is stopped
#endif
  const bool reorders = std::string(arguments[1]) == "nchw";
  omp_set_num_threads(atoi(arguments[2]));
  const std::string folder = arguments[3];
  long sizes[9];
  for (int i = 0; i < 9; i++) sizes[i] = atol(arguments[4 + i]);
  const Problem p{sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5], sizes[6], sizes[7], sizes[8]};

  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  memory x(describe(p.inputSizes(), Tag::nchw), engine), y(describe(p.outputSizes(), Tag::nchw), engine);
  memory weights(describe(p.weightsSizes(), p.groups == 1 ? Tag::oihw : Tag::goihw), engine);
  read(folder + "/x", x);
  read(folder + "/weights", weights);

  std::vector<Candidate> candidates;
  for (const auto algorithm : {dnnl::algorithm::convolution_direct, dnnl::algorithm::convolution_winograd}) {
    for (const bool plain : {false, true}) {
      try {
        candidates.emplace_back(engine, p, algorithm, plain, x, weights, y);
      } catch (const dnnl::error&) {
        // No such implementation: there are others.
      }
    }
  }
  if (candidates.empty()) {
    fprintf(stderr, "oneDNN has no implementation of this convolution\n");
    return 1;
  }
  Candidate* best = nullptr;
  double bestSeconds = 0;
  for (Candidate& candidate : candidates) {
    double seconds = 1e9;
    for (int i = 0; i < 7; i++) seconds = std::min(seconds, secondsOf([&] { candidate.run(reorders); }, 1));
    if (best == nullptr || seconds < bestSeconds) {
      best = &candidate;
      bestSeconds = seconds;
    }
  }

  best->run(true);
  std::ofstream(folder + "/y", std::ios::binary)
      .write(static_cast<const char*>(y.get_data_handle()), static_cast<std::streamsize>(y.get_desc().get_size()));
  printf("{\"what\": \"oneDNN %d.%d %s, %s, %s threads\"}\n", DNNL_VERSION_MAJOR, DNNL_VERSION_MINOR,
         best->implementation().c_str(), arguments[1], arguments[2]);
  fflush(stdout);
  for (int calls; scanf("%d", &calls) == 1;) {
    printf("{\"seconds\": %.9g}\n", secondsOf([&] { best->run(reorders); }, calls));
    fflush(stdout);
  }
}
