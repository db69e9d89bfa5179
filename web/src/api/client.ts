import { t, type Key } from "../words/words";
import { currentSession } from "./session";

/** What is wrong with one row or field of what was sent. */
export interface FieldProblem {
  /** Row of a table, from 1 with the header. */
  row?: number;
  /** Path of a field, or a column. */
  field?: string;
  problem: string;
}

/** A refusal of the HTTP API (`application/problem+json`), or `network` when there was no reply. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(
    /** HTTP status, 0 without a reply. */
    readonly status: number,
    /** The stable code, such as `game_locked`. */
    readonly code: string,
    /** The server's words for it. */
    readonly detail: string,
    readonly errors: readonly FieldProblem[] = [],
    /** The newest version of what somebody else has changed meanwhile, with 409 `conflict`. */
    readonly current?: number,
    /** Seconds after which the same may be done, if time helps. */
    readonly retryAfter?: number,
  ) {
    super(detail || code);
  }
}

export interface Call {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  /** Sent as JSON; a string is sent as it is, with `contentType`. */
  body?: unknown;
  contentType?: string;
  headers?: Record<string, string>;
  /** Another token than the session's; null for none. */
  token?: string | null;
  signal?: AbortSignal;
  /** Goes out also while the page is being closed. */
  keepalive?: boolean;
}

/** Calls `path` of the API and reads JSON. Throws [`ApiError`] for every kind of failure. */
export async function api<T>(path: string, call: Call = {}): Promise<T> {
  const response = await send(path, { ...call, headers: { Accept: "application/json", ...call.headers } });
  if (response.status === 204) return undefined as T;
  const text = await response.text();
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

/** Calls `path` and returns the raw body, for files. */
export async function apiBlob(path: string, call: Call = {}): Promise<Blob> {
  return (await send(path, call)).blob();
}

async function send(path: string, call: Call): Promise<Response> {
  const headers: Record<string, string> = { ...call.headers };
  const token = call.token === undefined ? (currentSession()?.token ?? null) : call.token;
  if (token !== null) headers["Authorization"] = `Bearer ${token}`;
  const init: RequestInit = { method: call.method ?? "GET", headers };
  if (call.signal) init.signal = call.signal;
  if (call.keepalive) init.keepalive = true;
  if (call.body !== undefined) {
    headers["Content-Type"] = call.contentType ?? "application/json";
    init.body = typeof call.body === "string" && call.contentType ? call.body : JSON.stringify(call.body);
  }
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiError(0, "network", t("app.error.network"));
  }
  if (!response.ok) throw await problem(response);
  return response;
}

interface Problem {
  code?: string;
  title?: string;
  detail?: string;
  errors?: FieldProblem[];
  current?: number;
  retry_after_s?: number;
}

async function problem(response: Response): Promise<ApiError> {
  let body: Problem = {};
  try {
    body = (await response.json()) as Problem;
  } catch {
    // A proxy on the way may answer with its own page; the status says enough.
  }
  const fallback = response.status === 401 ? "unauthorized" : response.status === 403 ? "forbidden" : "unknown";
  const wait = body.retry_after_s ?? Number(response.headers.get("Retry-After") ?? Number.NaN);
  return new ApiError(response.status, body.code ?? fallback, body.detail ?? body.title ?? "", body.errors, body.current, Number.isFinite(wait) ? wait : undefined);
}

/** Whether somebody else has saved a newer version. */
export function isConflict(error: unknown): error is ApiError {
  return error instanceof ApiError && (error.status === 412 || (error.status === 409 && error.code === "conflict"));
}

/** Every row of a list that comes in pages. */
export async function apiAll<Item>(path: string, signal?: AbortSignal): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const query: string = new URLSearchParams({ limit: "200", ...(cursor !== null && { cursor }) }).toString();
    const page: { items: Item[]; next?: string | null } = await api(`${path}${path.includes("?") ? "&" : "?"}${query}`, signal ? { signal } : {});
    items.push(...page.items);
    cursor = page.next ?? null;
  } while (cursor !== null);
  return items;
}

const texts: Record<string, Key> = {
  network: "app.error.network",
  unauthorized: "app.error.unauthorized",
  forbidden: "app.error.forbidden",
};

/** A failure in words for the person in front of the screen; `more` adds texts by code. */
export function errorText(error: unknown, more: Record<string, Key> = {}): string {
  if (!(error instanceof ApiError)) return t("app.error.unknown");
  const key = more[error.code] ?? texts[error.code];
  if (key) return t(key);
  return error.detail === "" ? t("app.error.unknown") : sentence(error.detail);
}

function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(first) ? first : `${first}.`;
}
