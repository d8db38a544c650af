/**
 * What a connection is doing.
 *
 * @category Events, errors and statistics
 */
export type ConnectionStatus =
  | {
      /** An attempt is under way, or the connection is up. */
      readonly state: "connecting" | "open";
    }
  | {
      /** The next attempt is still to come. */
      readonly state: "waiting";
      /** Milliseconds until then. */
      readonly delay: number;
      /** The close code of the connection or attempt before; 0 if there was none. */
      readonly code: number;
      /** Why that ended, as far as the runtime says; empty if it does not. */
      readonly reason: string;
    }
  | {
      /** For good. */
      readonly state: "closed";
      /** The close code; 0 if there was none. */
      readonly code: number;
      /** Empty if there was none. */
      readonly reason: string;
    };
