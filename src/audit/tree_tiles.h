#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "audit/merkle.h"
#include "base/ids.h"
#include "base/result.h"
#include "store/database.h"

// A tenant's tree in the store (migrations/*_evidence.sql): tiles of up to 256 hashes, as in C2SP
// tlog-tiles. Level 0 holds the leaf hashes, each higher level the roots of full tiles below.
namespace axonflow::audit {

inline constexpr std::uint64_t kTileHashes = 256;

struct TreeId {
  std::string org;
  std::string tenant;
  auto operator<=>(const TreeId&) const = default;
};

// Number of leaves; 0 for a tree that does not exist.
Result<std::uint64_t> TreeSize(store::Transaction& transaction, const TreeId& tree);

// Appends leaves behind the first `size` ones and writes the new size.
Status AppendLeaves(store::Transaction& transaction, const TreeId& tree, std::uint64_t size,
                    std::span<const Digest256> leaves);

// Reads nodes from tiles and keeps what it read: for one root or proof, in one transaction.
class TileReader {
 public:
  TileReader(store::Transaction& transaction, TreeId tree)
      : transaction_(transaction), tree_(std::move(tree)) {}

  // kCorrupt when the store does not have a hash that the tree must have.
  Result<Digest256> Node(int level, std::uint64_t index);
  merkle::NodeSource source() {
    return [this](int level, std::uint64_t index) { return Node(level, index); };
  }

 private:
  Result<const std::string*> Tile(int level, std::uint64_t index);

  store::Transaction& transaction_;
  const TreeId tree_;
  std::map<std::pair<int, std::uint64_t>, std::string> tiles_;
};

}  // namespace axonflow::audit
