// Descriptors 0, 1 and 2, which a shell may have closed (`bb publish ... >&-`).
#pragma once

namespace bb::cli {

// Takes the place of each that is closed, so that no file or socket of ours gets its number and
// with it what is meant for a person. Called first of all.
//
// Reading standard input and writing standard output then fail as on a closed descriptor ("Bad file
// descriptor"): a result that nobody can receive is an error, exit code 1, as with a full disk.
// What is written to standard error vanishes. False if it cannot be done; errno says why.
bool hold_standard_descriptors();

}  // namespace bb::cli
