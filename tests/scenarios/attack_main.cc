// attack_copies plays the attacker of FORMAT.md §1 against copies of a data folder.
//
//   attack_copies ORDERS
//
// ORDERS is a text file, one order a line, fields separated by tabs:
//   unseal PASSPHRASE-FILE            how the unseal key is got out of a copy
//   password GROUP EMAIL FILE         somebody's password
//   link URL PIN-FILE
//   copy NAME FOLDER CELL-FILE        a moment: a copy of the data folder, and the cell of that
//   time older-cell NAME CELL-FILE         control: at the last moment, with a cell kept from
//   before
// For every moment it takes all copies up to it and the cell of that moment, and attacks with no
// secret, with every password and link, and with each group's passwords alone. Prints JSON.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/attack_vault.h"
#include "vault/keys/key_keeper.h"
#include "vault/keys/unseal.h"

namespace {

using vault::AttackLoot;
using vault::AttackSecrets;
using vault::Bytes;
using vault::VaultAttacker;

struct Moment {
  std::string name;
  std::string folder;
  std::string cell;
};
struct Orders {
  std::string passphrase;
  std::map<std::string, AttackSecrets> groups;
  AttackSecrets all;
  std::vector<Moment> moments;
  std::vector<Moment> older;
};

std::string Whole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(in), {});
  return text;
}

std::string Secret(const std::string& path) {
  std::string text = Whole(path);
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

bool Read(const std::string& path, Orders& orders) {
  std::ifstream in(path);
  std::string line;
  while (std::getline(in, line)) {
    std::vector<std::string> field;
    for (const std::string_view part : vault::Split(line, '\t')) field.emplace_back(part);
    if (field[0] == "unseal" && field.size() == 2) {
      orders.passphrase = Secret(field[1]);
    } else if (field[0] == "password" && field.size() == 4) {
      const AttackSecrets::Password given{field[2], Secret(field[3])};
      orders.groups[field[1]].passwords.push_back(given);
      orders.all.passwords.push_back(given);
    } else if (field[0] == "link" && field.size() == 3) {
      orders.all.links.push_back({field[1], Secret(field[2])});
    } else if (field[0] == "copy" && field.size() == 4) {
      orders.moments.push_back({field[1], field[2], field[3]});
    } else if (field[0] == "older-cell" && field.size() == 3) {
      orders.older.push_back({field[1], "", field[2]});
    } else {
      std::fprintf(stderr, "attack_copies: an order is not understood: %s\n", field[0].c_str());
      return false;
    }
  }
  return !orders.moments.empty() && !orders.passphrase.empty();
}

std::string Quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

template <class Range, class Show>
std::string List(const Range& range, const Show& show) {
  std::string out;
  for (const auto& item : range) out += (out.empty() ? "" : ",") + show(item);
  return "[" + out + "]";
}

std::string Shown(const vault::LoanName& name) {
  return Quoted(name.loan + " " + name.object + "@" + std::to_string(name.version));
}
std::string Shown(const AttackLoot::DocumentName& name) {
  return Quoted(name.first + "@" + std::to_string(name.second));
}

std::string Shown(const AttackLoot& loot) {
  std::string documents;
  for (const auto& [name, digest] : loot.content) {
    documents += (documents.empty() ? "" : ",") + Shown(name) + ":" + Quoted(digest);
  }
  return "{\"keys\":" + std::to_string(loot.keys) + ",\"people\":" + std::to_string(loot.people) +
         ",\"boxes\":" + List(loot.boxes, [](const auto& box) { return Shown(box); }) +
         ",\"loans\":" + List(loot.loans, Quoted) + ",\"links\":" + List(loot.links, Quoted) +
         ",\"documents\":{" + documents +
         "},\"forms\":" + List(loot.forms, [](const auto& name) { return Shown(name); }) +
         ",\"details\":" + List(loot.details, Quoted) + "}";
}

std::string Shown(const vault::RegisterNow& now) {
  return "{\"loans\":" +
         List(now.loans,
              [&now](const std::string& id) {
                return "{\"id\":" + Quoted(id) + ",\"kind\":" + Quoted(now.kind_of_loan.at(id)) +
                       ",\"agency\":" + Quoted(now.agency_of_loan.at(id)) + "}";
              }) +
         ",\"boxes\":" + List(now.boxes, [](const auto& box) { return Shown(box); }) +
         ",\"links\":" + List(now.shares, Quoted) + "}";
}

// ThiefOf learns the unseal key as an attacker with the passphrase does.
std::unique_ptr<VaultAttacker> ThiefOf(const Orders& orders) {
  vault::Disk disk(nullptr);
  const std::string& folder = orders.moments.front().folder;
  auto store = vault::KeyKeeper::ReadStoreId(disk, folder + "/keys.db");
  auto file = disk.ReadAll(folder + "/unseal", 4096);
  if (!store.ok() || !file.ok()) return nullptr;
  auto key = vault::UnwrapUnsealKey(file.value(), vault::AsBytes(orders.passphrase), store.value(),
                                    vault::kUnsealPassphraseCost);
  if (!key.ok()) return nullptr;
  return std::make_unique<VaultAttacker>(store.value(), key.value().view(), vault::kSharePinCost);
}

Bytes CellOf(const Moment& moment) { return vault::ToBytes(vault::AsBytes(Whole(moment.cell))); }

int Run(const Orders& orders) {
  auto thief = ThiefOf(orders);
  if (thief == nullptr) {
    std::fputs("attack_copies: the passphrase does not open the first copy\n", stderr);
    return 1;
  }
  std::string moments;
  for (const Moment& moment : orders.moments) {
    thief->AddCopy(moment.folder);
    const std::vector<Bytes> cells = {CellOf(moment)};
    const auto now = thief->Now(cells);
    if (!now) {
      std::fprintf(stderr, "attack_copies: the keys of moment %s open no register\n",
                   moment.name.c_str());
      return 1;
    }
    std::string groups;
    for (const auto& [name, secrets] : orders.groups) {
      groups +=
          (groups.empty() ? "" : ",") + Quoted(name) + ":" + Shown(thief->Attack(cells, secrets));
    }
    moments += (moments.empty() ? "" : ",\n") + std::string("{\"name\":") + Quoted(moment.name) +
               ",\"register\":" + Shown(*now) + ",\"nobody\":" + Shown(thief->Attack(cells, {})) +
               ",\"everybody\":" + Shown(thief->Attack(cells, orders.all)) + ",\"groups\":{" +
               groups + "}}";
  }
  std::string older;
  for (const Moment& moment : orders.older) {
    older += (older.empty() ? "" : ",\n") + std::string("{\"name\":") + Quoted(moment.name) +
             ",\"everybody\":" + Shown(thief->Attack({CellOf(moment)}, orders.all)) + "}";
  }
  std::printf("{\"moments\":[%s],\n\"older_cells\":[%s]}\n", moments.c_str(), older.c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Orders orders;
  if (argc != 2 || !Read(argv[1], orders)) {
    std::fputs("usage: attack_copies ORDERS\n", stderr);
    return 2;
  }
  if (!vault::InitCrypto().ok()) return 1;
  return Run(orders);
}
