import { VirtualClock } from "roomcast/testing";

/** A virtual clock whose timers are a runtime's: one for longer than 2^31-1 ms runs after 1 ms. */
export class RuntimeClock extends VirtualClock {
  override setTimeout(callback: () => void, ms: number): unknown {
    return super.setTimeout(callback, ms > 2 ** 31 - 1 ? 1 : ms);
  }
}
