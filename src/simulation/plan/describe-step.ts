import type { Step } from "./steps.js";

/** A step in words. */
export function describeStep(step: Step): string {
  switch (step.action) {
    case "slow":
      return `${step.participant} reads ${step.rate} bytes per second`;
    case "join":
    case "leave":
      return `${step.participant} ${step.action}s ${step.room}`;
    case "type":
      return `${step.participant} types in ${step.room}`;
    case "send":
      return `${step.participant} sends ${describeMessages(step)} to ${step.room}`;
    case "ask":
      return `${step.participant} asks ${step.count} times who is in ${step.room}`;
    case "broadcast": {
      const except = step.except === undefined ? "" : `, except to ${step.except}`;
      return `the server broadcasts ${describeMessages(step)} to ${step.room} (${step.kind}${except})`;
    }
    case "direct":
      return `the server sends ${describeMessages(step)} to ${step.participant} (${step.policy})`;
    case "revoke":
      return `${step.user} is removed from ${step.room}, and may not come back`;
    case "grant":
      return `${step.user} may be in ${step.room} again`;
    case "kick":
      return `${step.user} is removed from ${step.room}, and may come back`;
    case "request":
      return `the server sends a request to everyone in ${step.room}, with a timeout of ${step.timeout} ms`;
    case "restart":
      return step.mode === "crash"
        ? "the server dies; a new one starts"
        : "the server closes; a new one starts";
    case "clock":
      return `the server's wall clock is set ${step.ms > 0 ? "forward" : "back"} by ${Math.abs(step.ms)} ms`;
    case "wait":
      return step.ms === 0 ? "the turn ends" : `${step.ms} ms pass`;
    default:
      return `${step.participant} ${PREDICATES[step.action]}`;
  }
}

function describeMessages({
  count,
  size,
}: {
  readonly count: number;
  readonly size: number;
}): string {
  return `${count} × ${size} characters`;
}

const PREDICATES = {
  connect: "connects",
  close: "closes its connection for good",
  pause: "stops reading",
  resume: "reads again",
  cut: "loses its network connection, and both ends notice",
  freeze: "loses its network connection, and neither end notices",
  presence: "gets a presence state from the server",
} as const;
