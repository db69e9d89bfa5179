/** Names that mean "this very device" on every device. */
const LOCAL = ["localhost", "127.0.0.1", "[::1]"];

/** Whether `hostname` leads no other device here. */
export function isLocal(hostname: string): boolean {
  return LOCAL.includes(hostname);
}
