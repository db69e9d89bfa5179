// The servers that run.sh started, what they take as proof, and their HTTP API.
import { createHmac, randomUUID } from "node:crypto";
import { eventually } from "./events.mjs";

const SECRET = "secret";
const API_KEY = "test-api-key";

function address(variable) {
  const found = process.env[variable];
  if (!found) throw new Error(`${variable} is not set; start these tests by gateway/tests/sdk/run.sh`);
  return found;
}

/** Everybody may connect and do everything. */
export const OPEN = address("SDK_OPEN");
/** The same without the insecure mode: what is not allowed needs a token. */
export const STRICT = address("SDK_STRICT");
/** Strict, with frequent pings and small limits; see run.sh. */
export const TIGHT = address("SDK_TIGHT");

/** A name that no other test uses. */
export const unique = (prefix) => `${prefix}${randomUUID().slice(0, 13)}`;

/** Seconds since the epoch, `seconds` from now. */
export const inSeconds = (seconds) => Math.floor(Date.now() / 1000) + seconds;

/** A token of the platform. Without `exp` it never expires. */
export function token(claims, secret = SECRET) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

/** Calls the server API and gives status and body as they are. */
export async function rawApi(server, method, params, key = API_KEY) {
  const reply = await fetch(`${server}/api/${method}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(key && { "X-API-Key": key }) },
    body: typeof params === "string" ? params : JSON.stringify(params),
  });
  const text = await reply.text();
  let body = text;
  try {
    body = JSON.parse(text);
  } catch {
    // An answer that is no JSON is shown as it came.
  }
  return { status: reply.status, body };
}

/** The result of a call that must succeed. */
export async function api(server, method, params) {
  const { status, body } = await rawApi(server, method, params);
  if (status !== 200 || body?.result === undefined) {
    throw new Error(`/api/${method} answered ${status} ${JSON.stringify(body)}`);
  }
  return body.result;
}

/** The error code of a call that must fail. */
export async function apiError(server, method, params) {
  const { status, body } = await rawApi(server, method, params);
  if (status !== 200 || body?.error?.code === undefined) {
    throw new Error(`/api/${method} answered ${status} ${JSON.stringify(body)} instead of an error`);
  }
  return body.error.code;
}

/** Waits until a channel has no subscriber: emulated commands are requests, of which one may overtake another. */
export async function nobodyIn(server, channel) {
  const empty = async () => Object.keys((await api(server, "channels", { pattern: channel })).channels).length === 0;
  await eventually(`nobody is in ${channel}`, empty, 2000);
}
