// The calls about single policies, which differ in the kind of record alone.

#include <utility>

#include "policy_admin/directory_rules.h"
#include "policy_admin/policy_directory.h"
#include "policy_admin/policy_fields.h"

namespace axonflow::policy_admin {
namespace {

Outcome<StaticRecord> AsStatic(Outcome<PolicyRow> row) {
  if (!row) return row.refusal();
  return ToStaticRecord(std::move(*row));
}

Outcome<DynamicRecord> AsDynamic(Outcome<PolicyRow> row) {
  if (!row) return row.refusal();
  auto record = ToDynamicRecord(std::move(*row));
  if (!record) return record.error();
  return std::move(*record);
}

// The tier comes before all other checks: whoever asks for a system policy is told that.
template <typename Change>
std::optional<Refusal> WhyNotCreatable(const Actor& actor, const Change& change) {
  const auto tier = policy::ParseTier(change.tier.value_or("tenant"));
  return tier ? WhyNotWritable(actor, *tier) : std::nullopt;
}

}  // namespace

Outcome<StaticRecord> PolicyDirectory::CreateStatic(const Actor& actor,
                                                    const StaticChange& change) {
  if (auto why = WhyNotCreatable(actor, change)) return std::move(*why);
  PolicyRow row;
  if (auto problems = ReadStatic(change, true, row); !problems.empty()) {
    return Invalid(std::move(problems));
  }
  return AsStatic(Create(actor, std::move(row), change.slug.has_value()));
}

Outcome<StaticRecord> PolicyDirectory::UpdateStatic(const Actor& actor, std::string_view id,
                                                    const StaticChange& change) {
  return AsStatic(Update(actor, PolicyKind::kStatic, id,
                         [&](PolicyRow& row) { return ReadStatic(change, false, row); }));
}

Outcome<StaticRecord> PolicyDirectory::DeleteStatic(const Actor& actor, std::string_view id) {
  return AsStatic(Delete(actor, PolicyKind::kStatic, id));
}

Outcome<StaticRecord> PolicyDirectory::GetStatic(const Actor& actor, std::string_view id) {
  return AsStatic(Get(actor, PolicyKind::kStatic, id));
}

Outcome<Page<StaticRecord>> PolicyDirectory::ListStatic(const Actor& actor,
                                                        const ListQuery& query) {
  auto rows = List(actor, PolicyKind::kStatic, query);
  if (!rows) return rows.refusal();
  Page<StaticRecord> page;
  page.total = rows->total;
  for (PolicyRow& row : rows->rows) page.rows.push_back(ToStaticRecord(std::move(row)));
  return page;
}

Outcome<std::vector<PolicyVersion>> PolicyDirectory::StaticVersions(const Actor& actor,
                                                                    std::string_view id,
                                                                    std::size_t limit) {
  return Versions(actor, PolicyKind::kStatic, id, limit);
}

Outcome<DynamicRecord> PolicyDirectory::CreateDynamic(const Actor& actor,
                                                      const DynamicChange& change) {
  if (auto why = WhyNotCreatable(actor, change)) return std::move(*why);
  PolicyRow row;
  if (auto problems = ReadDynamic(change, true, row); !problems.empty()) {
    return Invalid(std::move(problems));
  }
  return AsDynamic(Create(actor, std::move(row), change.slug.has_value()));
}

Outcome<DynamicRecord> PolicyDirectory::UpdateDynamic(const Actor& actor, std::string_view id,
                                                      const DynamicChange& change) {
  return AsDynamic(Update(actor, PolicyKind::kDynamic, id,
                          [&](PolicyRow& row) { return ReadDynamic(change, false, row); }));
}

Outcome<DynamicRecord> PolicyDirectory::DeleteDynamic(const Actor& actor, std::string_view id) {
  return AsDynamic(Delete(actor, PolicyKind::kDynamic, id));
}

Outcome<DynamicRecord> PolicyDirectory::GetDynamic(const Actor& actor, std::string_view id) {
  return AsDynamic(Get(actor, PolicyKind::kDynamic, id));
}

Outcome<Page<DynamicRecord>> PolicyDirectory::ListDynamic(const Actor& actor,
                                                          const ListQuery& query) {
  auto rows = List(actor, PolicyKind::kDynamic, query);
  if (!rows) return rows.refusal();
  Page<DynamicRecord> page;
  page.total = rows->total;
  for (PolicyRow& row : rows->rows) {
    auto record = ToDynamicRecord(std::move(row));
    if (!record) return record.error();
    page.rows.push_back(std::move(*record));
  }
  return page;
}

Outcome<std::vector<PolicyVersion>> PolicyDirectory::DynamicVersions(const Actor& actor,
                                                                     std::string_view id,
                                                                     std::size_t limit) {
  return Versions(actor, PolicyKind::kDynamic, id, limit);
}

}  // namespace axonflow::policy_admin
