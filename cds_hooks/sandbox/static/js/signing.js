// The token of one call. A page can't keep a key: the EHR's server signs, for its own pages only.

import { TOKEN_URL } from "./config.js";

/** The token for a call of this address; null where calls are not signed. */
export async function tokenFor(url) {
  if (!TOKEN_URL) return null;
  const response = await fetch(TOKEN_URL, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify({ url }),
    cache: "no-store",
  });
  if (!response.ok) throw new Error(`no token (HTTP ${response.status})`);
  return (await response.json()).token;
}

/** What a token says, for people to read; its signature stays out. */
export function statement(token) {
  const [header, claims] = token.split(".", 2).map(decoded);
  return { header, claims };
}

function decoded(part) {
  const bytes = Uint8Array.from(atob(part.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}
