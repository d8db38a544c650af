import type { Envelope, Hub, UpgradeOptions } from "roomcast";

/** The remote end of a connection, whatever carries it. */
export interface RemoteEnd {
  /** Sends one message: an envelope or a string as text, bytes as a binary one. */
  send(message: Envelope | string | Uint8Array): void;
  /** The next message. Those that came before it was asked for are kept. */
  next(): Promise<Envelope>;
  /** How the connection ended, once it has. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  /** Starts the closing handshake. */
  close(code: number, reason: string): void;
  /** Cuts the line without a word. */
  cut(): void;
  /** Stops reading from the network; pings go unanswered too. */
  pause(): void;
  /** Reads on. */
  resume(): void;
}

/** A hub that can be reached, by way of one adapter. */
interface Site {
  /** Connects as a user, whose token is the name. Rejects if the upgrade is refused. */
  connect(name: string): Promise<RemoteEnd>;
  /** Where a request for an upgrade can be sent; undefined where there is no network. */
  readonly port?: number;
}

/** One adapter, as the contract sees it. */
export interface Transport {
  readonly name: string;
  /** Whether the adapter itself checks requests before the upgrade. */
  readonly hasGate: boolean;
  /** Makes the hub reachable until the test ends. */
  open(hub: Hub, options: UpgradeOptions): Promise<Site>;
}
