import { EventEmitter } from "node:events";
import type { Receiver } from "roomcast";
import { expect, test, vi } from "vitest";
import { listen, WsSocket } from "../../../../src/adapters/ws/socket.js";
import { Batch } from "../../../../src/delivery/batch.js";
import { Message } from "../../../../src/delivery/message.js";

test.each([0, 2, 3])(
  "nothing is written to a connection that is not open (readyState %i)",
  (state) => {
    const written: unknown[] = [];
    const note = (data: unknown) => written.push(data) > 0;
    const ws = { readyState: state, bufferedAmount: 0, extensions: "", send: note, ping: note };
    const net = { writableLength: 0, write: note, cork() {}, uncork() {} };
    const socket = new WsSocket(ws as never, net as never);
    socket.write(new Batch().append(new Message({ type: "late" })));
    socket.ping();
    expect(written).toEqual([]);
  },
);

test("what arrives on the connection, and that its network drained, reaches the receiver", () => {
  const [ws, net] = [new EventEmitter(), new EventEmitter()];
  const receiver = {
    message: vi.fn(),
    ping: vi.fn(),
    pong: vi.fn(),
    drain: vi.fn(),
    ending: vi.fn(),
    error: vi.fn(),
    closed: vi.fn(),
  } satisfies Receiver;
  listen(ws as never, net as never, receiver, 4096);
  net.emit("drain");
  ws.emit("pong");
  ws.emit("message", Buffer.from("text"), false);
  ws.emit("message", Buffer.from("bytes"), true);
  const cause = new Error("reset");
  ws.emit("error", cause);
  ws.emit("close", 1001, Buffer.from("bye"));
  expect(receiver.drain).toHaveBeenCalledOnce();
  expect(receiver.pong).toHaveBeenCalledOnce();
  expect(receiver.message.mock.calls).toEqual([["text"], [Buffer.from("bytes")]]);
  expect(receiver.error.mock.calls).toEqual([[cause]]);
  expect(receiver.closed.mock.calls).toEqual([[1001, "bye"]]);
});
