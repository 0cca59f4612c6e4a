// An OpenID-certified authorisation server and, behind its tokens, a FHIR server with an empty chart, on loopback.
//
//     node server.mjs '{"scopes": [...], "lifetime": 300}'
//
// Prints one line of JSON, {"origin": ...}, when it listens, and ends with its standard input. Besides OAuth it has
//     GET  /fhir/...          a searchset, for a token that is alive and covers the resource; else 401 or 403
//     POST /register          a client, new or with other keys than before
//     POST /revoke-all        ends every token that was given out
//     GET  /counts            how many tokens were given out and refused, and the reasons of the refusals

import { createServer } from "node:http";
import Provider from "oidc-provider";

const given = JSON.parse(process.argv[2]);
const counts = { granted: 0, refused: [] };
const alive = new Set();

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const origin = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(origin, {
    scopes: given.scopes,
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
    },
    enabledJWA: { clientAuthSigningAlgValues: ["RS384", "ES384"] },
    clientAuthMethods: ["client_secret_basic", "private_key_jwt"],
    ttl: { ClientCredentials: given.lifetime },
    clockTolerance: 5,
  });
  provider.on("client_credentials.saved", (token) => alive.add(token.jti));
  provider.on("grant.success", () => counts.granted++);
  provider.on("grant.error", (ctx, error) => counts.refused.push(error.error_detail ?? error.message));
  const oauth = provider.callback();
  server.on("request", async (request, response) => {
    const { pathname } = new URL(request.url, origin);
    if (pathname === "/register") {
      const client = { grant_types: ["client_credentials"], response_types: [], redirect_uris: [], ...(await body(request)) };
      await provider.Client.adapter.upsert(client.client_id, client);
      return json(response, 200, {});
    }
    if (pathname === "/revoke-all") {
      for (const jti of alive) await (await provider.ClientCredentials.find(jti))?.destroy();
      return json(response, 200, {});
    }
    if (pathname === "/counts") return json(response, 200, counts);
    if (pathname.startsWith("/fhir/")) return await chart(provider, request, response, pathname);
    return oauth(request, response);
  });
  console.log(JSON.stringify({ origin }));
});
process.stdin.resume().on("end", () => process.exit(0));

async function chart(provider, request, response, pathname) {
  const token = await provider.ClientCredentials.find((request.headers.authorization ?? "").replace("Bearer ", ""));
  if (!token || token.isExpired) return json(response, 401, { resourceType: "OperationOutcome" });
  const resource = pathname.split("/")[2];
  const covers = (scope) => new RegExp(`^system/(\\*|${resource})\\.`).test(scope);
  if (![...(token.scopes ?? [])].some(covers)) return json(response, 403, { resourceType: "OperationOutcome" });
  return json(response, 200, { resourceType: "Bundle", type: "searchset", entry: [] });
}

async function body(request) {
  let text = "";
  for await (const part of request) text += part;
  return JSON.parse(text);
}

function json(response, status, body) {
  response.writeHead(status, { "Content-Type": "application/fhir+json" });
  response.end(JSON.stringify(body));
}
