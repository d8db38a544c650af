/**
 * How a broadcast is sent. `"lasting"` messages have a position; the others are sent with the policy
 * `"drop"` or `{ latest: key }`.
 *
 * @category Events, errors and statistics
 */
export type BroadcastKind = "lasting" | "drop" | "latest";

/**
 * One step of a simulation, as plain data. A participant is one connection, named by its user and a number:
 * "alice-2" is Alice's second tab. A step that makes no sense at the moment does nothing.
 *
 * @category Events, errors and statistics
 */
export type Step =
  | {
      /**
       * - `connect`: the participant opens its connection, unless it is open; `close`: closes it for good.
       * - `pause`: it stops reading; `resume`: it reads again, as fast as it can.
       * - `cut`: its network connection breaks, and both ends notice; `freeze`: nothing gets through any
       *   more, and neither end notices.
       * - `presence`: the server sets the presence state of its user.
       */
      readonly action: "connect" | "close" | "pause" | "resume" | "cut" | "freeze" | "presence";
      /** Which participant. */
      readonly participant: string;
    }
  | {
      /** The participant reads slowly. */
      readonly action: "slow";
      /** Which participant. */
      readonly participant: string;
      /** Reading speed (bytes per second). */
      readonly rate: number;
    }
  | {
      /** The participant joins a room, leaves it, or types in it. */
      readonly action: "join" | "leave" | "type";
      /** Which participant. */
      readonly participant: string;
      /** Which room. */
      readonly room: string;
    }
  | {
      /** The participant sends messages to a room. */
      readonly action: "send";
      /** Which participant. */
      readonly participant: string;
      /** Which room. */
      readonly room: string;
      /** Number of messages. */
      readonly count: number;
      /** Length of each message (characters). */
      readonly size: number;
    }
  | {
      /** The participant asks who is in a room, so many times at once. */
      readonly action: "ask";
      /** Which participant. */
      readonly participant: string;
      /** Which room. */
      readonly room: string;
      /** Number of messages. */
      readonly count: number;
    }
  | {
      /** The server broadcasts messages to a room. */
      readonly action: "broadcast";
      /** Which room. */
      readonly room: string;
      /** Number of messages. */
      readonly count: number;
      /** Length of each message (characters). */
      readonly size: number;
      /** How they are sent. */
      readonly kind: BroadcastKind;
      /** The participant that is excluded, if any. */
      readonly except?: string;
    }
  | {
      /** The server sends messages to one participant. */
      readonly action: "direct";
      /** Which participant. */
      readonly participant: string;
      /** Number of messages. */
      readonly count: number;
      /** Length of each message (characters). */
      readonly size: number;
      /** What happens to them while the client lags. */
      readonly policy: "queue" | "drop" | "latest";
    }
  | {
      /**
       * - `revoke`: the user loses permission to be in the room, and is removed; `grant`: gets it back.
       * - `kick`: the user is removed from the room, and may come back.
       */
      readonly action: "revoke" | "grant" | "kick";
      /** Which user. */
      readonly user: string;
      /** Which room. */
      readonly room: string;
    }
  | {
      /** The server sends a request to everyone in a room. */
      readonly action: "request";
      /** Which room. */
      readonly room: string;
      /** How long it waits for answers (ms). */
      readonly timeout: number;
    }
  | {
      /** The server restarts with empty memory. */
      readonly action: "restart";
      /** Whether the old process closes its hub, or dies at once. */
      readonly mode: "close" | "crash";
    }
  | {
      /** The wall clock of the server's machine is set forward, or back. */
      readonly action: "clock";
      /** By how much (ms). */
      readonly ms: number;
    }
  | {
      /** Time passes. */
      readonly action: "wait";
      /** How long (ms); 0 is the end of the turn. */
      readonly ms: number;
    };
