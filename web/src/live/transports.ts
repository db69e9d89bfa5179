import type { TransportEndpoint } from "centrifuge";

/** WebSocket first; the others for school networks whose proxies let none through. */
export function transports(): TransportEndpoint[] {
  const { host, protocol } = window.location;
  const scheme = protocol === "https:" ? "wss" : "ws";
  return [
    { transport: "websocket", endpoint: `${scheme}://${host}/connection/websocket` },
    { transport: "http_stream", endpoint: `${protocol}//${host}/connection/http_stream` },
    { transport: "sse", endpoint: `${protocol}//${host}/connection/sse` },
  ];
}
