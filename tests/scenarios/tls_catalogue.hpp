#pragma once
// Group L of the threat catalogue (TLS, A.1.7), with H20 and P13, as a table of named cases.

#include "tests/scenarios/cache_catalogue.hpp"

namespace drishti::testing::tls_catalogue {

using cache_catalogue::Case;
using cache_catalogue::Checks;
using cache_catalogue::Entry;

std::vector<Entry> handshake_entries();  // L01 .. L06, L11, H20: what is agreed on, and how long that may take
std::vector<Entry> upstream_entries();   // L10: an upstream that is cut off
std::vector<Entry> trust_entries();      // L07 .. L09, L12 .. L14, P13: certificates, sessions, keys

}  // namespace drishti::testing::tls_catalogue
