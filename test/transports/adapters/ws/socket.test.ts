import { expect, test } from "vitest";
import { WsSocket } from "../../../../src/adapters/ws/socket.js";
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
