#include "audit/merkle.h"

#include <bit>
#include <cstring>
#include <string>

namespace axonflow::audit::merkle {

namespace {

// The largest power of two below `size`, which is at least 2.
std::uint64_t SplitOf(std::uint64_t size) { return std::bit_floor(size - 1); }

// The hash over [begin, begin + size). `begin` is a multiple of the power of two that `size` is, or
// is rounded up to, as in every split of a tree.
Result<Digest256> RangeRoot(std::uint64_t begin, std::uint64_t size, const NodeSource& nodes) {
  if (std::has_single_bit(size)) {
    const int level = std::countr_zero(size);
    return nodes(level, begin >> level);
  }
  const auto split = SplitOf(size);
  const auto left = RangeRoot(begin, split, nodes);
  if (!left) return left;
  const auto right = RangeRoot(begin + split, size - split, nodes);
  if (!right) return right;
  return NodeHash(*left, *right);
}

Status AppendRange(std::uint64_t begin, std::uint64_t size, const NodeSource& nodes,
                   std::vector<Digest256>& proof) {
  const auto root = RangeRoot(begin, size, nodes);
  if (!root) return root.error();
  proof.push_back(*root);
  return {};
}

}  // namespace

Digest256 LeafHash(std::string_view data) {
  std::string text;
  text.reserve(data.size() + 1);
  text.push_back('\0');
  text.append(data);
  return Sha256(text);
}

Digest256 NodeHash(const Digest256& left, const Digest256& right) {
  char text[65];
  text[0] = 1;
  std::memcpy(text + 1, left.data(), left.size());
  std::memcpy(text + 33, right.data(), right.size());
  return Sha256({text, sizeof text});
}

Digest256 EmptyRoot() { return Sha256({}); }

Digest256 RootOf(std::span<const Digest256> leaves) {
  if (leaves.size() == 1) return leaves[0];
  const auto split = SplitOf(leaves.size());
  return NodeHash(RootOf(leaves.first(split)), RootOf(leaves.subspan(split)));
}

Result<Digest256> Root(std::uint64_t size, const NodeSource& nodes) {
  if (size == 0) return EmptyRoot();
  return RangeRoot(0, size, nodes);
}

Result<std::vector<Digest256>> InclusionProof(std::uint64_t index, std::uint64_t size,
                                              const NodeSource& nodes) {
  if (index >= size) return Error{ErrorCode::kInvalidArgument, "the leaf is not in the tree"};
  std::vector<Digest256> proof;
  std::uint64_t begin = 0;
  // From the root down to the leaf; the proof runs the other way.
  while (size > 1) {
    const auto split = SplitOf(size);
    const bool right = index - begin >= split;
    const auto added = right ? AppendRange(begin, split, nodes, proof)
                             : AppendRange(begin + split, size - split, nodes, proof);
    if (!added) return added.error();
    if (right) begin += split;
    size = right ? size - split : split;
  }
  return std::vector<Digest256>(proof.rbegin(), proof.rend());
}

Result<std::vector<Digest256>> ConsistencyProof(std::uint64_t first, std::uint64_t second,
                                                const NodeSource& nodes) {
  if (first == 0 || first > second) {
    return Error{ErrorCode::kInvalidArgument,
                 "a consistency proof leads from a size of at least 1 to one not below it"};
  }
  std::vector<Digest256> proof;
  std::uint64_t begin = 0;
  std::uint64_t size = second;
  bool whole = true;  // what is left of `first` is a complete old tree
  while (first != size) {
    const auto split = SplitOf(size);
    const bool right = first > split;
    const auto added = right ? AppendRange(begin, split, nodes, proof)
                             : AppendRange(begin + split, size - split, nodes, proof);
    if (!added) return added.error();
    if (right) {
      begin += split;
      first -= split;
      whole = false;
    }
    size = right ? size - split : split;
  }
  if (!whole) {
    if (const auto added = AppendRange(begin, size, nodes, proof); !added) return added.error();
  }
  return std::vector<Digest256>(proof.rbegin(), proof.rend());
}

bool VerifyInclusion(const Digest256& leaf, std::uint64_t index, std::uint64_t size,
                     std::span<const Digest256> proof, const Digest256& root) {
  if (index >= size) return false;
  std::uint64_t fn = index;
  std::uint64_t sn = size - 1;
  Digest256 hash = leaf;
  for (const auto& sibling : proof) {
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      hash = NodeHash(sibling, hash);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      hash = NodeHash(hash, sibling);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 && hash == root;
}

bool VerifyConsistency(std::uint64_t first, const Digest256& first_root, std::uint64_t second,
                       const Digest256& second_root, std::span<const Digest256> proof) {
  if (first == 0 || first > second) return false;
  if (first == second) return proof.empty() && first_root == second_root;
  if (proof.empty()) return false;
  std::uint64_t fn = first - 1;
  std::uint64_t sn = second - 1;
  while ((fn & 1) != 0) {
    fn >>= 1;
    sn >>= 1;
  }
  // A complete old tree is a node of the proof that both sides know already.
  const bool complete = std::has_single_bit(first);
  Digest256 old_hash = complete ? first_root : proof[0];
  Digest256 new_hash = old_hash;
  for (const auto& sibling : proof.subspan(complete ? 0 : 1)) {
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      old_hash = NodeHash(sibling, old_hash);
      new_hash = NodeHash(sibling, new_hash);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      new_hash = NodeHash(new_hash, sibling);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 && old_hash == first_root && new_hash == second_root;
}

void Accumulator::Add(const Digest256& leaf) {
  Digest256 hash = leaf;
  for (auto rest = size_; (rest & 1) != 0; rest >>= 1) {
    hash = NodeHash(peaks_.back(), hash);
    peaks_.pop_back();
  }
  peaks_.push_back(hash);
  ++size_;
}

Digest256 Accumulator::Root() const {
  if (peaks_.empty()) return EmptyRoot();
  Digest256 hash = peaks_.back();
  for (auto peak = peaks_.rbegin() + 1; peak != peaks_.rend(); ++peak) hash = NodeHash(*peak, hash);
  return hash;
}

}  // namespace axonflow::audit::merkle
