// A disk in memory for tests, one flat folder on it: it forgets what was not synced, and
// fails when told to. Everything random comes from the seed, so a seed is a whole story.
//
// The model: a file is 512-byte sectors. A write changes what is read at once, and what is on
// the platter at the file's next sync; now and then the disk writes a sector back by itself.
// crash() decides for every unsynced sector, and for the file's length, whether the new or the
// old one survives: torn and reordered writes. Creations, renames and removals are kept or
// lost one by one until the folder is synced.
//
// Not thread-safe, sync() included.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "io/file_system.h"

namespace bb::io {

class SimulatedDisk final : public Folder {
 public:
  static constexpr std::size_t kSectorBytes = 512;
  static constexpr std::uint64_t kUnlimited = ~std::uint64_t{0};

  explicit SimulatedDisk(std::uint64_t seed) : random_(seed) {}

  // Folder. Files opened before a crash() answer kIo after it, and their locks are gone. There is
  // nobody who would let go of a lock that lock() waits for: that is a broken precondition.
  Result<std::shared_ptr<File>> open_file(std::string_view name, OpenMode mode) override;
  Result<std::vector<std::string>> list() const override;
  Result<void> rename(std::string_view from, std::string_view to) override;
  Result<void> remove(std::string_view name) override;
  Result<void> sync() override;
  Result<std::uint64_t> free_bytes() const override { return free_bytes_; }
  std::string path_of(std::string_view name) const override;

  // The power fails and comes back.
  void crash();
  // The process dies and starts anew: what was written is there, synced or not.
  void kill() { ++generation_; }

  // The next sync of a file fails, once, after `successes` good ones. Its sectors are then
  // taken for clean, as Linux does: later syncs leave them out, and a crash may lose them.
  void fail_sync(std::uint32_t successes = 0) { sync_successes_ = successes; }
  // It does not, after all.
  void clear_sync_failure() { sync_successes_.reset(); }
  // Files may grow by this much together before kDiskFull; removals give room back.
  void set_free_bytes(std::uint64_t bytes) { free_bytes_ = bytes; }
  // Every read, or write, fails with kIo while set.
  void set_reads_fail(bool fail) { reads_fail_ = fail; }
  void set_writes_fail(bool fail) { writes_fail_ = fail; }
  // Turns one bit over, on the platter and in what is read.
  void flip_bit(std::string_view name, std::uint64_t offset, unsigned bit);
  // As if everything there is had been synced.
  void settle();

  std::uint64_t syncs() const { return syncs_; }  // of files, the failed one included

 private:
  friend class SimulatedFile;

  struct Inode {
    std::string name;                        // for messages
    std::vector<std::byte> written;          // what a read sees
    std::vector<std::byte> durable;          // what is on the platter
    std::map<std::uint64_t, bool> unsynced;  // sector -> will the next sync write it?
    bool size_unsynced = false;
    const File* lock_holder = nullptr;
    std::uint64_t lock_generation = 0;  // the process that locked it
  };
  using Directory = std::map<std::string, std::shared_ptr<Inode>, std::less<>>;
  struct DirectoryChange {  // a removal has no inode; a creation has no `from`
    std::string from;
    std::string name;
    std::shared_ptr<Inode> inode;
  };

  bool chance(std::uint32_t one_in) { return random_() % one_in == 0; }
  void mark_unsynced(Inode& inode, std::uint64_t begin, std::uint64_t end);
  static void write_back(Inode& inode, std::uint64_t sector);
  Result<void> resize(Inode& inode, std::uint64_t size);
  Result<void> sync_file(Inode& inode);
  void crash_file(Inode& inode);
  static void apply(Directory& directory, const DirectoryChange& change);

  std::mt19937_64 random_;
  Directory names_;    // as the process sees them
  Directory durable_;  // as they are on the platter
  std::vector<DirectoryChange> unsynced_changes_;
  std::uint64_t generation_ = 0;
  std::optional<std::uint32_t> sync_successes_;
  std::uint64_t free_bytes_ = kUnlimited;
  std::uint64_t syncs_ = 0;
  bool reads_fail_ = false;
  bool writes_fail_ = false;
};

}  // namespace bb::io
