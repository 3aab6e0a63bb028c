#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <regex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/database.h"

// For tests, and for the program axonflow_unpredicated that they start. Never part of the server.
namespace axonflow::store::testing {

// `sql` without its conditions on organization and tenant; their parameters stay in use. What tells
// the rows of the reserved tenant '*' from the others stays: a tenant may read both, and the
// statements mean one of them.
inline std::string WithoutPredicates(std::string_view sql) {
  static const std::regex any(
      R"re((?:\w+\.)?(?:org_id = \$(\d+)|tenant_id IN \(\$(\d+), '\*'\)))re");
  static const std::regex tenant(R"re(((?:\w+\.)?tenant_id) = \$(\d+))re");
  const auto text = std::regex_replace(std::string(sql), any, "($$$1$2::text IS NOT NULL)");
  return std::regex_replace(text, tenant, "(($1 = '*') = ($$$2::text = '*'))");
}

// A database whose statements of a domain have lost their predicates, as if every one of them had
// been forgotten: what keeps organizations and tenants apart is row-level security alone.
class UnpredicatedDatabase final : public Database {
 public:
  explicit UnpredicatedDatabase(std::unique_ptr<Database> real) : real_(std::move(real)) {}
  Engine engine() const override { return real_->engine(); }
  Status Write(const OrgScope& scope, const std::function<Status(Transaction&)>& body) override {
    return real_->Write(scope, Stripped(body));
  }
  Status Read(const OrgScope& scope, const std::function<Status(Transaction&)>& body) override {
    return real_->Read(scope, Stripped(body));
  }
  Status WriteAsPlatform(std::string_view purpose,
                         const std::function<Status(Transaction&)>& body) override {
    return real_->WriteAsPlatform(purpose, body);
  }
  Status ReadAsPlatform(std::string_view purpose,
                        const std::function<Status(Transaction&)>& body) override {
    return real_->ReadAsPlatform(purpose, body);
  }
  Result<std::int64_t> ChangeCounter() override { return real_->ChangeCounter(); }

 private:
  class Stripping final : public Transaction {
   public:
    explicit Stripping(Transaction& real) : real_(real) {}
    Engine engine() const override { return real_.engine(); }
    std::string_view node() const override { return real_.node(); }
    std::string_view ForUpdate() const override { return real_.ForUpdate(); }
    Result<std::int64_t> Execute(std::string_view sql,
                                 const std::vector<Value>& parameters) override {
      return real_.Execute(Stripped(sql), parameters);
    }
    Status Query(std::string_view sql, const std::vector<Value>& parameters,
                 const std::function<void(const Row&)>& on_row) override {
      return real_.Query(Stripped(sql), parameters, on_row);
    }

   private:
    // Programs have few statements, and the expression is slow.
    static const std::string& Stripped(std::string_view sql) {
      thread_local std::unordered_map<std::string, std::string> known;
      auto& text = known[std::string(sql)];
      if (text.empty()) text = WithoutPredicates(sql);
      return text;
    }

    Transaction& real_;
  };
  static std::function<Status(Transaction&)> Stripped(
      const std::function<Status(Transaction&)>& body) {
    return [&body](Transaction& transaction) {
      Stripping stripping(transaction);
      return body(stripping);
    };
  }

  std::unique_ptr<Database> real_;
};

}  // namespace axonflow::store::testing
