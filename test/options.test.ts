import { Hub, type HubOptions, RoomcastError } from "roomcast";
import { expect, test } from "vitest";

test.each<[string, unknown, RegExp]>([
  ["maxMessageBytes", 0, /maxMessageBytes must be a whole number from 1 up; got 0/],
  ["maxMessageBytes", "4096", /maxMessageBytes .* got "4096"/],
  ["maxBufferedBytes", -1, /maxBufferedBytes .* got -1/],
  ["maxBufferedBytes", Number.NaN, /maxBufferedBytes .* got NaN/],
  ["maxRoomsPerClient", 1.5, /maxRoomsPerClient .* got 1.5/],
  ["maxRoomsPerClient", true, /maxRoomsPerClient .* got true/],
  ["rateLimit", { perSecond: 0, burst: 1 }, /rateLimit.perSecond .* got 0/],
  ["rateLimit", { perSecond: 1 }, /rateLimit.burst .* got undefined/],
  ["rateLimit", null, /rateLimit.perSecond .* got undefined/],
  ["heartbeat", { interval: 10, timeout: 10 }, /heartbeat.timeout must be more than/],
  [
    "heartbeat",
    { interval: Number.POSITIVE_INFINITY, timeout: 10 },
    /heartbeat.interval .* Infinity/,
  ],
  ["heartbeat", null, /heartbeat.interval .* undefined/],
  ["handlerTimeout", 0, /handlerTimeout must be a number above 0; got 0/],
  ["logger", {}, /logger.debug must be a function; got undefined/],
  ["clock", { now: () => 0 }, /clock.setImmediate must be a function/],
  ["maxMesageBytes", 4096, /maxMesageBytes is no option; there are maxMessageBytes, /],
])("the option %s of %j throws, and says why", (name, value, message) => {
  const construct = () => new Hub({ [name]: value } as HubOptions);
  expect(construct).toThrow(RoomcastError);
  expect(construct).toThrow(message);
  expect(construct).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
});

test("every limit may be turned off, and undefined means the default", () => {
  const limits = { maxRoomsPerClient: false, rateLimit: false, heartbeat: false } as const;
  expect(() => new Hub({ ...limits, handlerTimeout: false })).not.toThrow();
  const unset = { maxMessageBytes: undefined } as unknown as HubOptions;
  expect(() => new Hub(unset)).not.toThrow();
});
