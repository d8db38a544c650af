import { describe, expect, test } from "vitest";
import { Batch } from "../../../src/delivery/batch.js";
import { Message } from "../../../src/delivery/message.js";

const message = (payload: unknown) => new Message({ type: "n", payload });
const chain = (...messages: Message[]) =>
  messages.reduce((batch, next) => batch.append(next), new Batch());

describe("a batch", () => {
  test("is one object for everyone who was sent the same", () => {
    const root = new Batch();
    const [one, two] = [message(1), message(2)];
    const first = root.append(one).append(two);
    expect(root.append(one).append(two)).toBe(first);
    expect(first.frames()).toBe(first.frames());
    expect(first.messages()).toBe(first.messages());
  });

  test("branches for one who missed a message, and stays right for both", () => {
    const root = new Batch();
    const [one, two, three] = [message(1), message(2), message(3)];
    const all = root.append(one).append(two).append(three);
    const without = root.append(one).append(three);
    expect(all.messages()).toEqual([one, two, three]);
    expect(without.messages()).toEqual([one, three]);
    expect(root.append(one).append(three)).toBe(without);
  });

  test("knows its length and size", () => {
    expect([new Batch().length, new Batch().size]).toEqual([0, 0]);
    const [one, two] = [message("a"), message("bc")];
    expect(chain(one, two)).toMatchObject({ length: 2, size: one.text.length + two.text.length });
  });

  test("is frames in order, the small ones in one buffer", () => {
    const messages = Array.from({ length: 100 }, (_, n) => message(n));
    const frames = chain(...messages).frames();
    expect(frames).toHaveLength(1);
    expect(Buffer.concat(frames)).toEqual(Buffer.concat(messages.map(({ frame }) => frame)));
  });

  test("does not copy large frames", () => {
    const large = message("x".repeat(20_000));
    const [one, two, three] = [message(1), message(2), message(3)];
    const frames = chain(one, two, large, large, three).frames();
    expect(frames).toHaveLength(4);
    expect(frames[1]).toBe(large.frame);
    expect(Buffer.concat(frames)).toEqual(
      Buffer.concat([one, two, large, large, three].map(({ frame }) => frame)),
    );
  });

  test("of one message is that message's own frame", () => {
    const one = message(1);
    expect(chain(one).frames()).toEqual([one.frame]);
    expect(chain(one).frames()[0]).toBe(one.frame);
  });
});
