import type {
  Envelope,
  ErrorPayload,
  LeaveReason,
  Member,
  Position,
  RoomInfo,
  User,
} from "./types.js";

/** A message type: how it is treated, and, for the compiler alone, its payload. */
interface MessageType<Payload, Traits> {
  readonly traits: Traits;
  readonly payload?: Payload;
}

/**
 * How a client's message takes its turn with what the same client sends before and after it.
 *
 * - `holds`: it waits, and while its handler's promise is pending, what follows waits for it.
 * - `waits`: it waits for those that hold, and holds nothing up. Applications' own types are so.
 * - `prompt`: it waits for none of them.
 */
type Order = "holds" | "waits" | "prompt";

interface ClientTraits {
  readonly order: Order;
  /** Whether it is answered, if only with an error. */
  readonly isAnswered: boolean;
}

const fromClient = <Payload>(
  order: Order,
  isAnswered = true,
): MessageType<Payload, ClientTraits> => ({
  traits: { order, isAnswered },
});

/** The built-in types that a client sends. */
export const CLIENT_MESSAGES = {
  join_room: fromClient<{ room_id: string; since?: Position; last?: number }>("holds"),
  leave_room: fromClient<{ room_id: string }>("holds"),
  send_message: fromClient<unknown>("holds"),
  typing: fromClient<undefined>("holds"),
  stop_typing: fromClient<undefined>("holds"),
  online_users: fromClient<{ room_id: string }>("holds"),
  ping: fromClient<undefined>("prompt"),
  /** Answers the hub's own ping. */
  pong: fromClient<undefined>("prompt", false),
  /** Answers a request of the server, under the server's id. */
  ack: fromClient<unknown>("prompt", false),
};

/** Whether applications may send a type, too, or the hub alone. */
type Sender = "hub" | "anybody";

const fromServer = <Payload>(
  sender: Sender,
): MessageType<Payload, { readonly sender: Sender }> => ({
  traits: { sender },
});

/** The built-in types that the server sends. */
const SERVER_MESSAGES = {
  room_info: fromServer<RoomInfo>("hub"),
  online_users: fromServer<RoomInfo>("anybody"),
  new_message: fromServer<unknown>("anybody"),
  user_joined: fromServer<Member>("hub"),
  user_left: fromServer<User & { reason: LeaveReason }>("hub"),
  user_reconnecting: fromServer<User>("hub"),
  user_returned: fromServer<Member>("hub"),
  user_updated: fromServer<Member>("hub"),
  user_count: fromServer<{ count: number }>("hub"),
  user_typing: fromServer<{ typing: boolean }>("anybody"),
  gap: fromServer<{ from: number; to: number }>("hub"),
  /** The client was left out of the message at this position. */
  skipped: fromServer<undefined>("hub"),
  removed: fromServer<{ reason: LeaveReason }>("hub"),
  reconnect: fromServer<{ delay: number }>("hub"),
  ack: fromServer<unknown>("hub"),
  error: fromServer<ErrorPayload>("hub"),
  ping: fromServer<undefined>("anybody"),
  pong: fromServer<undefined>("anybody"),
};

/** What the remote end emits beside messages: a message of that type would be taken for one. */
const PAGE_EVENTS = ["members", "left", "status"];

type ServerType = keyof typeof SERVER_MESSAGES;
type PayloadOf<T extends ServerType> = (typeof SERVER_MESSAGES)[T]["payload"];

/** An envelope of a built-in type that the server sends, with the payload of that type. */
export type ServerEnvelope = {
  [T in ServerType]: Envelope & { readonly type: T; readonly payload?: PayloadOf<T> | undefined };
}[ServerType];

/** What holds for the types that applications handle. */
const OTHERS: ClientTraits = { order: "waits", isAnswered: true };

/** How a client's message is handled. */
export function traitsOf(type: string): ClientTraits {
  return Object.hasOwn(CLIENT_MESSAGES, type)
    ? CLIENT_MESSAGES[type as keyof typeof CLIENT_MESSAGES].traits
    : OTHERS;
}

const RESERVED: ReadonlySet<string> = new Set([
  ...PAGE_EVENTS,
  ...Object.entries(SERVER_MESSAGES).flatMap(([type, { traits }]) =>
    traits.sender === "hub" ? [type] : [],
  ),
]);

/** Whether an application cannot send messages of a type. */
export function isReserved(type: string): boolean {
  return RESERVED.has(type);
}
