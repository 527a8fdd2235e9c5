// What the page asks of the proxy, and what follows from two readings of its counters.

const token_key = "drishti-token";

export class Refused extends Error {}

export const remember_token = (token) => sessionStorage.setItem(token_key, token);

async function read(path) {
  const token = sessionStorage.getItem(token_key);
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const answer = await fetch(path, { headers, cache: "no-store" });
  if (answer.status === 401) throw new Refused("this proxy asks for its token");
  if (!answer.ok) throw new Error(`${path} answers ${answer.status}`);
  return answer.json();
}

// Advice is there only when it is configured.
const read_scaling = () => read("/scaling").catch((error) => {
  if (error instanceof Refused) throw error;
  return {};
});

export async function read_all() {
  const [traffic, upstreams, caches, config, scaling] = await Promise.all([
    read("/api/1/traffic"), read("/api/1/upstreams"), read("/api/1/caches"), read("/api/1/config"), read_scaling(),
  ]);
  return { traffic, upstreams: upstreams.upstreams, caches: caches.caches, config, scaling };
}

const sum = (object) => Object.values(object).reduce((total, value) => total + value, 0);

// The QUANTILE of what was counted between two readings of a histogram, in seconds; null without a request.
export function quantile(before, now, wanted) {
  const counts = now.counts.map((count, i) => count - before.counts[i]);
  const count = now.count - before.count;
  if (count <= 0) return null;
  const rank = wanted * count;
  const bucket = counts.findIndex((upto) => upto >= rank);
  if (bucket < 0) return now.le[now.le.length - 1];
  const below = bucket === 0 ? 0 : counts[bucket - 1];
  const from = bucket === 0 ? 0 : now.le[bucket - 1];
  const inside = counts[bucket] - below;
  return from + (now.le[bucket] - from) * (inside === 0 ? 0 : (rank - below) / inside);
}

// Rates between two readings; a proxy that was started anew counts from 0 again, and then there is none.
export function rates(before, now) {
  const seconds = now.now - before.now;
  const answered = sum(now.responses) - sum(before.responses);
  if (seconds <= 0 || answered < 0) return null;
  return {
    requests: answered / seconds,
    errors: answered === 0 ? 0 : (now.responses["5xx"] - before.responses["5xx"]) / answered,
    p50: quantile(before.latency, now.latency, 0.5),
    p95: quantile(before.latency, now.latency, 0.95),
    p99: quantile(before.latency, now.latency, 0.99),
  };
}

// Of all zones together, since the start; null when nothing was asked of them, or when they do not tell.
export function hit_ratio(caches) {
  let hits = 0, all = 0;
  for (const { requests } of caches) {
    if (!requests) continue;
    all += sum(requests);
    for (const result of ["hit", "stale", "updating", "revalidated"]) hits += requests[result] ?? 0;
  }
  return all === 0 ? null : hits / all;
}
