#include <algorithm>

#include "audit/evidence.h"
#include "audit/tree_tiles.h"

namespace axonflow::audit {

namespace {

constexpr int kTileLevels = 8;  // log2 of kTileHashes
constexpr std::size_t kHashBytes = 32;

store::Value Number(std::uint64_t value) { return static_cast<std::int64_t>(value); }

Result<std::string> ReadTile(store::Transaction& transaction, const TreeId& tree, int level,
                             std::uint64_t index) {
  std::string hashes;
  const auto read = transaction.Query(
      R"(SELECT hashes FROM audit_tree_tiles
         WHERE org_id = $1 AND tenant_id = $2 AND level = $3 AND tile = $4)",
      {tree.org, tree.tenant, std::int64_t{level}, Number(index)},
      [&](const store::Row& row) { hashes = row.Text(0); });
  if (!read) return read.error();
  return hashes;
}

Status WriteTile(store::Transaction& transaction, const TreeId& tree, int level,
                 std::uint64_t index, std::string_view hashes) {
  const auto written = transaction.Execute(
      R"(INSERT INTO audit_tree_tiles (org_id, tenant_id, level, tile, hashes)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (org_id, tenant_id, level, tile) DO UPDATE SET hashes = excluded.hashes)",
      {tree.org, tree.tenant, std::int64_t{level}, Number(index), store::BlobView(hashes)});
  return written ? Status() : Status(written.error());
}

Status WriteSize(store::Transaction& transaction, const TreeId& tree, std::uint64_t size) {
  const auto written = transaction.Execute(
      R"(INSERT INTO audit_trees (org_id, tenant_id, size) VALUES ($1, $2, $3)
         ON CONFLICT (org_id, tenant_id) DO UPDATE SET size = excluded.size)",
      {tree.org, tree.tenant, Number(size)});
  return written ? Status() : Status(written.error());
}

Error Missing(const TreeId& tree, int level, std::uint64_t index) {
  return Error{ErrorCode::kCorrupt, "audit tree of tenant " + tree.tenant + ": hash " +
                                        std::to_string(index) + " of level " +
                                        std::to_string(level) + " is missing"};
}

Digest256 HashAt(std::string_view hashes, std::size_t at) {
  return *DigestFromBytes(hashes.substr(at * kHashBytes, kHashBytes));
}

// The root over `count` hashes of a tile from `from`.
Digest256 RootWithin(std::string_view hashes, std::size_t from, std::size_t count) {
  std::vector<Digest256> leaves;
  leaves.reserve(count);
  for (std::size_t i = 0; i < count; ++i) leaves.push_back(HashAt(hashes, from + i));
  return merkle::RootOf(leaves);
}

}  // namespace

Result<std::uint64_t> TreeSize(store::Transaction& transaction, const TreeId& tree) {
  std::uint64_t size = 0;
  const auto read = transaction.Query(
      "SELECT size FROM audit_trees WHERE org_id = $1 AND tenant_id = $2", {tree.org, tree.tenant},
      [&](const store::Row& row) { size = static_cast<std::uint64_t>(row.Int(0)); });
  if (!read) return read.error();
  return size;
}

Status AppendLeaves(store::Transaction& transaction, const TreeId& tree, std::uint64_t size,
                    std::span<const Digest256> leaves) {
  std::vector<Digest256> hashes(leaves.begin(), leaves.end());
  std::uint64_t start = size;
  for (int level = 0; !hashes.empty(); ++level) {
    std::vector<Digest256> full;
    for (std::size_t done = 0; done < hashes.size();) {
      const auto tile = (start + done) / kTileHashes;
      const auto held = static_cast<std::size_t>((start + done) % kTileHashes);
      std::string bytes;
      if (held > 0) {
        auto read = ReadTile(transaction, tree, level, tile);
        if (!read) return read.error();
        if (read->size() < held * kHashBytes) return Missing(tree, level, start + done - 1);
        bytes = read->substr(0, held * kHashBytes);
      }
      const auto taken =
          std::min<std::size_t>(hashes.size() - done, static_cast<std::size_t>(kTileHashes) - held);
      for (std::size_t i = 0; i < taken; ++i) bytes.append(AsBytes(hashes[done + i]));
      if (auto written = WriteTile(transaction, tree, level, tile, bytes); !written) return written;
      done += taken;
      if (held + taken == kTileHashes) full.push_back(RootWithin(bytes, 0, kTileHashes));
    }
    start /= kTileHashes;
    hashes = std::move(full);
  }
  return WriteSize(transaction, tree, size + leaves.size());
}

Result<const std::string*> TileReader::Tile(int level, std::uint64_t index) {
  const auto known = tiles_.find({level, index});
  if (known != tiles_.end()) return static_cast<const std::string*>(&known->second);
  auto read = ReadTile(transaction_, tree_, level, index);
  if (!read) return read.error();
  return static_cast<const std::string*>(&(tiles_[{level, index}] = std::move(*read)));
}

Result<Digest256> TileReader::Node(int level, std::uint64_t index) {
  const int tile_level = level / kTileLevels;
  const auto count = std::size_t{1} << (level % kTileLevels);
  const std::uint64_t first = index * count;
  const auto tile = Tile(tile_level, first / kTileHashes);
  if (!tile) return tile.error();
  const auto from = static_cast<std::size_t>(first % kTileHashes);
  if ((*tile)->size() < (from + count) * kHashBytes) return Missing(tree_, tile_level, first);
  return RootWithin(**tile, from, count);
}

}  // namespace axonflow::audit
