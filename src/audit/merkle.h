#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "base/crypto.h"
#include "base/result.h"

// The tree of RFC 9162 section 2.1 over SHA-256: hashes, proofs and their checks. Pure; where the
// hashes lie is for the caller.
namespace axonflow::audit::merkle {

// SHA-256(0x00 || data), SHA-256(0x01 || left || right).
Digest256 LeafHash(std::string_view data);
Digest256 NodeHash(const Digest256& left, const Digest256& right);
// The root of the empty tree: SHA-256 of nothing.
Digest256 EmptyRoot();
// The root of a tree with these leaf hashes, which is not empty.
Digest256 RootOf(std::span<const Digest256> leaves);

// The hash of the complete subtree over the leaves [index << level, (index + 1) << level).
using NodeSource = std::function<Result<Digest256>(int level, std::uint64_t index)>;

// The root of the first `size` leaves.
Result<Digest256> Root(std::uint64_t size, const NodeSource& nodes);
// RFC 9162 2.1.3.1: from leaf `index` to the root of `size` leaves, nearest first. index < size.
Result<std::vector<Digest256>> InclusionProof(std::uint64_t index, std::uint64_t size,
                                              const NodeSource& nodes);
// RFC 9162 2.1.4.1: that the tree of `first` leaves begins the tree of `second`.
// 0 < first <= second; empty when both are equal.
Result<std::vector<Digest256>> ConsistencyProof(std::uint64_t first, std::uint64_t second,
                                                const NodeSource& nodes);

// RFC 9162 2.1.3.2 and 2.1.4.2. False for anything that does not fit, lengths included.
bool VerifyInclusion(const Digest256& leaf, std::uint64_t index, std::uint64_t size,
                     std::span<const Digest256> proof, const Digest256& root);
bool VerifyConsistency(std::uint64_t first, const Digest256& first_root, std::uint64_t second,
                       const Digest256& second_root, std::span<const Digest256> proof);

// Grows by one leaf at a time and always knows the root; keeps one hash for each set bit of the
// size. For who reads all leaves in order.
class Accumulator {
 public:
  void Add(const Digest256& leaf);
  std::uint64_t size() const { return size_; }
  Digest256 Root() const;

 private:
  std::uint64_t size_ = 0;
  std::vector<Digest256> peaks_;  // of complete subtrees, the largest first
};

}  // namespace axonflow::audit::merkle
