/**
 * Reads claims of a desk: lists, filters, pages, and says what went wrong.
 *
 *     npm ci && npm run generate && npm run compile
 *     node built/example.js http://127.0.0.1:8000 false
 */

import createClient from "openapi-fetch";

import type { components, paths } from "./generated/schema.js";

type Claim = components["schemas"]["Claim"];
type Problem = components["schemas"]["Problem"];
type Filters = NonNullable<paths["/api/v1/claims/"]["get"]["parameters"]["query"]>;

const [base = "http://127.0.0.1:8000", verdict = "false"] = process.argv.slice(2);
// Of the forms of a list (JSON, NDJSON, CSV) this program reads one.
const desk = createClient<paths, "application/json" | "application/problem+json">({ baseUrl: base });

/** A problem document (RFC 9457) as an exception: `type` says which kind, `errors` where. */
class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

/** All claims that the filters find, a page at a time. */
async function* claims(filters: Filters): AsyncGenerator<Claim> {
  let query: Filters = filters;
  for (;;) {
    const { data, error } = await desk.GET("/api/v1/claims/", { params: { query } });
    if (error) throw new Refused(error);
    yield* data.results;
    const cursor = data.next && new URL(data.next).searchParams.get("cursor");
    if (!cursor) return;
    query = { ...filters, cursor };
  }
}

/** One claim; null if there is none, or none that may be seen. */
async function claim(id: string): Promise<Claim | null> {
  const { data, error, response } = await desk.GET("/api/v1/claims/{id}/", {
    params: { path: { id } },
  });
  if (response.status === 404) return null;
  if (error) throw new Refused(error);
  return data;
}

/** Whether a word is one of the verdicts that the API documents: a compiler cannot know. */
function isVerdict(word: string): word is components["schemas"]["Verdict"] {
  return /^[a-z_]+$/.test(word);
}

function line(found: Claim): string {
  const labels = found.reviews.map((review) => review.current_version?.rating?.label ?? "none yet");
  return `${labels.join(", ")} | ${found.text}`;
}

try {
  if (!isVerdict(verdict)) throw new TypeError(`${verdict} is no word`);
  let last: Claim | undefined;
  for await (const found of claims({ verdict, ordering: "-created_at", page_size: 2 })) {
    console.log(line(found));
    last = found;
  }
  if (last) console.log(`Again by its id: ${(await claim(last.id))?.text ?? "gone"}`);
  const absent = await claim("00000000-0000-7000-8000-000000000000");
  console.log(`Nobody's id: ${absent === null ? "not found" : absent.text}`);
} catch (fault) {
  if (!(fault instanceof Refused)) throw fault;
  for (const { parameter, detail } of fault.problem.errors ?? []) {
    console.error(`${fault.problem.type} ${parameter ?? ""}: ${detail}`);
  }
  process.exitCode = 1;
}
