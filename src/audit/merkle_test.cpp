#include "audit/merkle.h"

#include <gtest/gtest.h>

#include <string>

#include "audit/evidence.h"

namespace axonflow::audit::merkle {
namespace {

std::vector<Digest256> Leaves(std::size_t count) {
  std::vector<Digest256> leaves;
  for (std::size_t i = 0; i < count; ++i) leaves.push_back(LeafHash("leaf " + std::to_string(i)));
  return leaves;
}

NodeSource SourceOf(const std::vector<Digest256>& leaves) {
  return [&leaves](int level, std::uint64_t index) -> Result<Digest256> {
    const auto count = std::size_t{1} << level;
    return RootOf(std::span(leaves).subspan(index * count, count));
  };
}

// The seven-leaf tree of RFC 6962 section 2.1.3, whose roots are published in the test data of
// certificate transparency logs.
TEST(Merkle, HasThePublishedRoots) {
  const std::vector<std::string> inputs = {std::string(),
                                           std::string("\x00", 1),
                                           "\x10",
                                           "\x20\x21",
                                           "\x30\x31",
                                           "\x40\x41\x42\x43",
                                           "\x50\x51\x52\x53\x54\x55\x56\x57"};
  std::vector<Digest256> leaves;
  for (const auto& input : inputs) leaves.push_back(LeafHash(input));
  EXPECT_EQ(Hex(EmptyRoot()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Hex(RootOf(std::span(leaves).first(1))),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  EXPECT_EQ(Hex(RootOf(std::span(leaves).first(2))),
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
  EXPECT_EQ(Hex(RootOf(std::span(leaves).first(3))),
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77");
  EXPECT_EQ(Hex(RootOf(leaves)),
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c");
}

TEST(Merkle, ProvesEveryLeafOfEverySizeAndNothingElse) {
  for (std::size_t size = 1; size <= 70; ++size) {
    const auto leaves = Leaves(size);
    const auto root = *Root(size, SourceOf(leaves));
    EXPECT_EQ(root, RootOf(leaves));
    for (std::size_t index = 0; index < size; ++index) {
      auto proof = *InclusionProof(index, size, SourceOf(leaves));
      ASSERT_TRUE(VerifyInclusion(leaves[index], index, size, proof, root)) << index << "/" << size;
      EXPECT_FALSE(VerifyInclusion(leaves[index], index, size, proof, leaves[index]) && size > 1);
      EXPECT_FALSE(VerifyInclusion(LeafHash("other"), index, size, proof, root));
      EXPECT_FALSE(VerifyInclusion(leaves[index], index + size, size, proof, root));
      if (size > 1) {
        EXPECT_FALSE(VerifyInclusion(leaves[index], (index + 1) % size, size, proof, root));
      }
      proof.push_back(leaves[0]);
      EXPECT_FALSE(VerifyInclusion(leaves[index], index, size, proof, root));
    }
  }
}

TEST(Merkle, ProvesThatEachSizeBeginsEachLaterOne) {
  for (std::size_t second = 1; second <= 40; ++second) {
    const auto leaves = Leaves(second);
    const auto second_root = RootOf(leaves);
    for (std::size_t first = 1; first <= second; ++first) {
      const auto first_root = RootOf(std::span(leaves).first(first));
      auto proof = *ConsistencyProof(first, second, SourceOf(leaves));
      ASSERT_TRUE(VerifyConsistency(first, first_root, second, second_root, proof))
          << first << " to " << second;
      auto forked = leaves;
      forked[first - 1] = LeafHash("fork");
      const auto other_root = RootOf(std::span(forked).first(first));
      EXPECT_FALSE(VerifyConsistency(first, other_root, second, second_root, proof));
      EXPECT_FALSE(VerifyConsistency(first, first_root, second, RootOf(forked), proof));
      if (!proof.empty()) {
        proof.pop_back();
        EXPECT_FALSE(VerifyConsistency(first, first_root, second, second_root, proof));
      }
    }
  }
}

TEST(Merkle, RefusesProofsOfWhatIsNotThere) {
  const auto leaves = Leaves(4);
  EXPECT_FALSE(InclusionProof(4, 4, SourceOf(leaves)));
  EXPECT_FALSE(ConsistencyProof(0, 4, SourceOf(leaves)));
  EXPECT_FALSE(ConsistencyProof(5, 4, SourceOf(leaves)));
}

TEST(Merkle, AccumulatorKnowsTheRootAtEverySize) {
  Accumulator accumulator;
  EXPECT_EQ(accumulator.Root(), EmptyRoot());
  const auto leaves = Leaves(130);
  for (std::size_t size = 1; size <= leaves.size(); ++size) {
    accumulator.Add(leaves[size - 1]);
    ASSERT_EQ(accumulator.Root(), RootOf(std::span(leaves).first(size))) << size;
  }
}

}  // namespace
}  // namespace axonflow::audit::merkle
