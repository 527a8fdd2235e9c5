#pragma once
// What queueing theory says about a server that works on a few requests at once.

namespace drishti::scaling {

/// How many times longer than unloaded a request takes at a server with SLOTS places that is used to UTILIZATION (0 to
/// less than 1): Sakasegawa's approximation of the M/M/c queue (1977), exact for one place.
double inflation(double slots, double utilization);

/// The number of places of a server that has BUSY requests in service (arrival rate times unloaded service time) and makes
/// them take INFLATED (> 1) times longer: the inverse of the above. At least BUSY.
double slots_for(double busy, double inflated);

}  // namespace drishti::scaling
