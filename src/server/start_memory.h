// What only the start of the program needed.
#pragma once

namespace bb::server {

// Takes the pages of the program and its libraries out of this process's memory that can be had
// from their files again: code and constants, of which the start has touched much (options,
// schemas, recovery) that serving needs no more. What is needed comes back from the page cache when
// it is touched, at about a microsecond for 64 KiB. Memory that was written to stays.
void release_start_memory();

}  // namespace bb::server
