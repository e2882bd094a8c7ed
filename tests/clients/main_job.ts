// Records, resolves, reads and looks up with a client whose types openapi-typescript generates. Prints the results.
import createClient from "openapi-fetch";
import type { paths } from "./api.d.ts";

const [baseUrl, key] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${key}` } });

function must<T>(result: { data?: T; error?: unknown; response: Response }): T {
  if (result.data === undefined) {
    throw new Error(`${result.response.status} ${JSON.stringify(result.error)}`);
  }
  return result.data;
}

const claim = must(
  await client.POST("/v1/claims", {
    params: { header: { "Idempotency-Key": "typescript-1" } },
    body: {
      text: "The bridge opens in May.",
      kind: "event",
      resolves_by: "2026-06-01T00:00:00Z",
      reports: [
        {
          outlet: { name: "Tribune", domain: "tribune.example" },
          published_at: "2026-03-01T00:00:00Z",
          probability: 0.8,
        },
      ],
    },
  }),
);
const path = { claim_id: claim.id };
must(
  await client.PATCH("/v1/claims/{claim_id}", {
    params: { path, header: { "If-Match": "*" } },
    body: { topic: "traffic" },
  }),
);
const resolution = must(
  await client.POST("/v1/claims/{claim_id}/resolutions", {
    params: { path },
    body: { verdict: "true", known_at: "2026-05-17T00:00:00Z", note: "Seen open." },
  }),
);
const score = must(
  await client.GET("/v1/outlets/{outlet}/score", {
    params: { path: { outlet: "tribune" }, query: { level: 0.95, as_of: "2026-06-02T00:00:00Z" } },
  }),
);
const ranking = must(await client.GET("/v1/scores", { params: { query: { min_resolved: 1, sort: "mean" } } }));
const found = must(
  await client.POST("/v1/outlets/lookup", {
    body: { urls: ["https://www.tribune.example/a"], outlets: ["nobody"], score: true },
  }),
);
const page = must(
  await client.GET("/v1/outlets/lookup", { params: { query: { url: "https://tribune.example/" } } }),
);

console.log(
  JSON.stringify({
    topic: must(await client.GET("/v1/claims/{claim_id}", { params: { path } })).topic,
    verdict: resolution.verdict,
    resolved: score.record.resolved,
    level: score.reliability?.level,
    ranked: ranking.items.map((item) => item.outlet),
    found: found.items.map((item) => item.outlet?.slug ?? item.reason),
    scored: found.items.map((item) => item.score?.counts.resolved ?? null),
    matched: page.matched.rule,
  }),
);
