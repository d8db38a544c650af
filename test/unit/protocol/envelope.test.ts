import fc from "fast-check";
import { RoomcastError } from "roomcast";
import { expect, test } from "vitest";
import { decodeEnvelope, encodeEnvelope, isDeeperThan } from "../../../src/protocol/envelope.js";

test("what is encoded is decoded to the same", () => {
  const name = fc.string({ minLength: 1, maxLength: 128, unit: "binary" });
  const envelope = fc.record({ type: name, room: name, payload: fc.jsonValue(), id: name });
  fc.assert(
    fc.property(envelope, (value) => {
      expect(decodeEnvelope(encodeEnvelope(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test("whatever the text, the answer is an envelope or INVALID_FORMAT", () => {
  const text = fc.oneof(fc.string(), fc.json(), fc.string({ unit: "binary" }));
  fc.assert(
    fc.property(text, (value) => {
      try {
        expect(typeof decodeEnvelope(value).type).toBe("string");
      } catch (error) {
        expect(error).toBeInstanceOf(RoomcastError);
        expect(error).toHaveProperty("code", "INVALID_FORMAT");
      }
    }),
    { numRuns: 1_000 },
  );
});

test("depth counts arrays and objects", () => {
  expect(isDeeperThan(1, 0)).toBe(false);
  expect(isDeeperThan([], 0)).toBe(true);
  expect(isDeeperThan([{ a: [1] }], 3)).toBe(false);
  expect(isDeeperThan([{ a: [1, {}] }], 3)).toBe(true);
});
