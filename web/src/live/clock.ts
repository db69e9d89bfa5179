/**
 * The server's clock as seen from here. A device's own clock is never shown: it may be minutes off.
 * The offset is taken from the reply with the shortest way there and back, as it bounds the error best.
 */
export class ServerClock {
  private offset = 0;
  private bestTrip = Number.POSITIVE_INFINITY;

  constructor(private readonly local: () => number = () => Date.now()) {}

  /** Server time now, milliseconds. */
  now(): number {
    return this.local() + this.offset;
  }

  /** Learns from a reply that carried the server's time `serverNow`, sent and received at local times. */
  learn(serverNow: number, sentAt: number, receivedAt: number): void {
    const trip = receivedAt - sentAt;
    if (trip < 0 || trip > this.bestTrip) return;
    this.bestTrip = trip;
    this.offset = serverNow - (sentAt + receivedAt) / 2;
  }

  /** Learns from a push: it left the server before it came here, so the server's clock cannot be behind it. */
  atLeast(serverTime: number): void {
    if (this.now() < serverTime) this.offset = serverTime - this.local();
  }

  /** Forgets the best trip, so that a new connection may correct a clock that has drifted or slept. */
  restart(): void {
    this.bestTrip = Number.POSITIVE_INFINITY;
  }
}
